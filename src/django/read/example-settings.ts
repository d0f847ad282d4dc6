import type { Problem, Where } from '../../problems/problem.ts';
import { findDockerfile } from './dockerfile.ts';
import { baseName, below, folderOf } from './paths.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { typed } from '../../problems/shell-word.ts';

const word = '(?:example|sample|template|tmpl|tpl|dist|default|defaults|skel)';

/** A Python file that settings stand on and that is not there, with its example, which is. Paths in the project. */
export type Example = {
  readonly path: string;
  readonly example: string;
  /** What wants it, and where that stands. */
  readonly says: string;
  readonly where: Where;
};

/**
 * The example of a Python file that is not there: `settings.example.py`, `settings_example.py`, `example_settings.py`,
 * `settings.py.dist`; beside it, or in a folder of examples below.
 */
export function exampleOf(file: string, files: readonly string[]): string | undefined {
  const stem = baseName(file)
    .replace(/\.py$/, '')
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = new RegExp(
    `^(?:${stem}[._-]${word}\\.py|${word}[._-]${stem}\\.py|${stem}\\.py[._-]${word}|${stem}\\.${word})$`,
    'i',
  );
  return files.find((one) => folderOf(one) === folderOf(file) && pattern.test(baseName(one)));
}

/** The file of the project that its image copies to such a place: `RUN cp docker/config.py settings/config.py`, or COPY. */
function copiedInImage(scan: Pick<ProjectScan, 'files' | 'texts'>, missing: string): string | undefined {
  for (const { word: instruction, rest } of findDockerfile(scan)?.instructions ?? []) {
    const copies =
      instruction === 'RUN'
        ? rest.matchAll(/\bcp\s+(?:-\w+\s+)*([^\s;&|]+)\s+([^\s;&|]+)/g)
        : /^(?:COPY|ADD)$/.test(instruction) && !/--from=/.test(rest)
          ? rest.matchAll(/^(?:--\S+\s+)*(\S+)\s+(\S+)$/g)
          : [];
    for (const [, from = '', to = ''] of copies) {
      const [source, place] = [below('.', from), below('.', to)];
      if ((place === missing || place.endsWith(`/${missing}`)) && scan.files.includes(source) && source.endsWith('.py'))
        return source;
    }
  }
  return undefined;
}

/** The example of settings that are named but not there. */
export function onlyExample(
  scan: Pick<ProjectScan, 'files' | 'texts'>,
  missing: string,
  where: Where,
  says: string,
): Example | undefined {
  if (scan.files.includes(missing)) return undefined;
  const example = copiedInImage(scan, missing) ?? exampleOf(missing, scan.files);
  return example === undefined ? undefined : { path: missing, example, says, where };
}

/** The same for what the settings import whatever happens. */
export function importsOnlyExample(scan: ProjectScan, settings: SettingsScan | undefined): Example | undefined {
  for (const { file, from, line } of settings?.missing ?? []) {
    const example = onlyExample(scan, file, { file: from, line }, 'imported by the settings');
    if (example) return example;
  }
  return undefined;
}

/** What there is to say where it cannot be made from its example. Nothing else may stand in for it without a word. */
export function exampleProblem({ path, example, says, where }: Example): Problem {
  return {
    code: 'settings-only-example',
    summary: `${path} (${says}) is not in the project, only its example ${example}`,
    where,
    cure: [
      `$ cp ${typed(example)} ${typed(path)}`,
      `Then fill it in. For a repository, give it to the site: \`roadie file put SITE ${typed(path)} FILE --source REPOSITORY\`.`,
    ],
  };
}
