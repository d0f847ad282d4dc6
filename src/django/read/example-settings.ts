import type { Problem, Where } from '../../problems/problem.ts';
import { baseName, folderOf } from './paths.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';

const word = '(?:example|sample|template|tmpl|tpl|dist|default|defaults|skel)';

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

/**
 * Settings that are named but not there, where the project has an example of them: what only the owner can fill in. Nothing else
 * may stand in for them without a word.
 */
export function onlyExample(scan: ProjectScan, missing: string, namedIn: Where, says: string): Problem | undefined {
  if (scan.files.includes(missing)) return undefined;
  const example = exampleOf(missing, scan.files);
  return example === undefined
    ? undefined
    : {
        code: 'settings-only-example',
        summary: `${missing} (${says}) is not in the project, only its example ${example}`,
        where: namedIn,
        cure: [
          `$ cp ${example} ${missing}`,
          `Then fill it in. Where git ignores ${baseName(missing)}, a repository needs it committed, or \`settings = "…"\` in roadie.toml with settings that are there.`,
        ],
      };
}

/** The same for what the settings import whatever happens. */
export function importsOnlyExample(scan: ProjectScan, settings: SettingsScan | undefined): Problem | undefined {
  for (const { file, from, line } of settings?.missing ?? []) {
    const problem = onlyExample(scan, file, { file: from, line }, 'imported by the settings');
    if (problem) return problem;
  }
  return undefined;
}
