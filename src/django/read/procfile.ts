import { splitCommand } from '../../config/command-line.ts';
import { baseName, isAside } from './paths.ts';
import type { ProjectScan } from './scan.ts';

/** One line of a Procfile: `worker: celery -A site worker`. */
export type ProcfileLine = { readonly name: string; readonly command: string; readonly line: number };

/** The lines of a Procfile; comments and what is none are left out. */
export function readProcfile(text: string): readonly ProcfileLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const [, name, command] = /^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*?)\s*$/.exec(raw) ?? [];
    return name === undefined || command === undefined ? [] : [{ name, command, line: index + 1 }];
  });
}

/** The `web` line of the project's Procfile, with the file. */
export function webLine({ texts }: Pick<ProjectScan, 'texts'>): (ProcfileLine & { readonly file: string }) | undefined {
  const file = Object.keys(texts).find((each) => baseName(each) === 'Procfile' && !isAside(each));
  const web = readProcfile(file === undefined ? '' : (texts[file] ?? '')).find(({ name }) => name === 'web');
  return file === undefined || !web ? undefined : { ...web, file };
}

/** Programs that start what stands behind `--` once something is there, again whenever the code changes, or as its init. */
const waiting = /(^|\/)(wait-for(-it)?(\.sh)?|dockerize|tini|dumb-init|watchmedo|with-contenv)$/;

const wrappers: readonly (readonly string[])[] = [
  ['exec'],
  ['poetry', 'run'],
  ['uv', 'run'],
  ['pipenv', 'run'],
  ['pdm', 'run'],
  ['newrelic-admin', 'run-program'],
  ['ddtrace-run'],
  ['opentelemetry-instrument'],
  ['env'],
  ['nohup'],
  ['time'],
  ['nice', '-n', '*'],
  ['gosu', '*'],
  ['su-exec', '*'],
];

/**
 * A command's words without what only wraps it: `exec`, `NAME=value`, `poetry run`, `uv run`, `honcho`, `newrelic-admin
 * run-program`, `wait-for-it … --`; or the text that it hands to a shell: `sh -c`.
 */
export function unwrapped(command: string): readonly string[] | { readonly shell: string } {
  // What a variable is when nobody sets it.
  const split = splitCommand(command.replaceAll(/\$\{\w+:-([^}$]*)\}/g, '$1'));
  if (!split.ok) return [];
  let words = split.value;
  for (let again = true; again;) {
    again = false;
    const wrapper = wrappers.find((one) => one.every((word, index) => word === '*' || words[index] === word));
    const last = waiting.test(words[0] ?? '') ? words.indexOf('--') : -1;
    if (last > 0) {
      words = words.slice(last + 1);
      again = true;
    } else if (wrapper || /^[A-Za-z_]\w*=/.test(words[0] ?? '')) {
      words = words.slice(wrapper?.length ?? 1);
      again = true;
    } else if (
      /^(\/bin\/|\/usr\/bin\/)?(ba)?sh$/.test(words[0] ?? '') &&
      /^-[a-z]*c$/.test(words[1] ?? '') &&
      words[2] !== undefined
    ) {
      return { shell: words[2] };
    }
  }
  return words;
}

/** A command's words without what only wraps it. Empty where it needs a shell (`&&`, `$PORT`, a pipe). */
export function plainCommand(command: string): readonly string[] {
  const words = unwrapped(command);
  if ('shell' in words) return plainCommand(words.shell);
  return words.some((word) => /^(&&|\|\|?|;|>|>>|<|&)$|\$|`/.test(word)) ? [] : words;
}
