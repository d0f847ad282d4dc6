import type { Evidence, Fact } from '../facts.ts';

/** What a project's own command line of Gunicorn asks for, as far as it is taken over. */
export type GunicornWords = {
  readonly timeoutSeconds?: number;
  readonly threads?: number;
  readonly workerClass?: 'gthread' | 'gevent';
  /** Further options as Gunicorn reads them, which no option of Roadie's stands for. */
  readonly arguments: readonly string[];
};

/** By their long names, the short ones; all take a value. */
const short: Readonly<Record<string, string>> = { t: 'timeout', k: 'worker-class', w: 'workers' };

/** Taken over as they stand. */
const further = new Set(['max-requests', 'max-requests-jitter']);

/** Why an option is left to Roadie: each ends the sentence '--workers 4 is not taken over: …'. Others are nobody's concern. */
const left: Readonly<Record<string, string>> = {
  workers: 'cores and memory of this machine decide, or `[web] workers`',
};

/** The options of a command that starts Gunicorn; undefined where it starts something else. */
export function gunicornWords(words: readonly string[]): GunicornWords | undefined {
  const options = optionsOf(words);
  if (!options) return undefined;
  const timeout = wholeNumber(options.get('timeout'));
  const threads = wholeNumber(options.get('threads'));
  const named = options.get('worker-class')?.replace(/^gevent.*$|^gunicorn\.workers\.ggevent.*$/, 'gevent');
  return {
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(threads !== undefined && { threads }),
    ...((named === 'gthread' || named === 'gevent') && { workerClass: named }),
    arguments: [...options].flatMap(([name, value]) =>
      further.has(name) && wholeNumber(value) !== undefined ? [`--${name}=${value}`] : [],
    ),
  };
}

/** For people: what of the project's command counts, and what does not, with the reason. */
export function gunicornWordNotes(command: Fact<readonly string[]> | undefined): readonly Evidence[] {
  const options = command && optionsOf(command.value);
  const taken = command && gunicornWords(command.value);
  if (!command || !options || !taken) return [];
  const say = (says: string): Evidence => ({ ...command.because, says: `${command.because.says}: ${says}` });
  const names = [
    ...(taken.timeoutSeconds === undefined ? [] : ['timeout']),
    ...(taken.threads === undefined ? [] : ['threads']),
    ...(taken.workerClass === undefined ? [] : ['worker-class']),
  ].map((name) => `--${name} ${options.get(name)}`);
  const all = [...names, ...taken.arguments.map((each) => each.replace('=', ' '))];
  return [
    ...(all.length === 0 ? [] : [say(`${all.join(', ')}: taken over`)]),
    ...Object.entries(left).flatMap(([name, why]) =>
      options.has(name) ? [say(`--${name} ${options.get(name)} is not taken over: ${why}`)] : [],
    ),
  ];
}

/** Long names with their values, the last of each; undefined where no word is Gunicorn. */
function optionsOf(words: readonly string[]): ReadonlyMap<string, string> | undefined {
  const begin = words.findIndex((word) => word.split('/').at(-1) === 'gunicorn');
  if (begin < 0) return undefined;
  const found = new Map<string, string>();
  for (let index = begin + 1; index < words.length; index += 1) {
    const [, long, letter, joined] = /^(?:--([a-z][a-z-]*)|-([a-z]))(?:=?(.+))?$/.exec(words[index] ?? '') ?? [];
    const name = long ?? (letter === undefined ? undefined : short[letter]);
    if (name === undefined) continue;
    const value = joined ?? words[index + 1];
    if (value !== undefined && !value.startsWith('-')) found.set(name, value);
  }
  return found;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}
