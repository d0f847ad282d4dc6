import type { Config } from '../../config/config.ts';
import { failed, ok, type Result } from '../../problems/problem.ts';
import type { Fact } from '../facts.ts';
import { baseName, below, depthOf, folderOf, isAside } from './paths.ts';
import type { ProjectScan, SettingsScan } from './scan.ts';
import { typed } from '../../problems/shell-word.ts';

/**
 * The folder with manage.py: the config's, the top, else the shallowest whose settings module is there. Several of the same
 * rank: the one that Dockerfile or Procfile names. Problems: `no-django-project`, `several-projects`.
 */
export function findRoot(scan: ProjectScan, config: Config): Result<Fact<string>> {
  if (config.root !== undefined) {
    const root = below('.', config.root.replace(/\/+$/, ''));
    if (root === '.' || scan.files.some((file) => file.startsWith(`${root}/`)))
      return ok({ value: root, because: { says: `\`root\` in the config says ${root}` } });
    return failed({
      code: 'no-django-project',
      summary: `\`root\` in the config is ${config.root}, and there is no such folder`,
      cure: ['Correct `root`: the folder with manage.py, relative to the project.'],
    });
  }
  const programs = scan.manage.filter((entry) => baseName(entry.file) === 'manage.py' && !isAside(entry.file));
  const top = programs.find((entry) => entry.file === 'manage.py');
  if (top) return ok({ value: '.', because: { says: 'manage.py', where: { file: top.file } } });
  const resolved = programs.filter(
    (entry) => entry.settings === null || resolves(scan, entry.settings, folderOf(entry.file)),
  );
  const candidates = resolved.length > 0 ? resolved : programs;
  const depth = Math.min(...candidates.map((entry) => depthOf(entry.file)));
  const shallowest = candidates.filter((entry) => depthOf(entry.file) === depth);
  const [only] = shallowest;
  if (only && shallowest.length === 1)
    return ok({ value: folderOf(only.file), because: { says: only.file, where: { file: only.file } } });
  if (only)
    return amongSeveral(
      scan,
      shallowest.map((entry) => folderOf(entry.file)),
    );
  return withoutManage(scan);
}

function amongSeveral(scan: ProjectScan, roots: readonly string[]): Result<Fact<string>> {
  for (const [file, text] of Object.entries(scan.texts)) {
    if (!/dockerfile|procfile/i.test(baseName(file))) continue;
    const named = roots.filter((root) =>
      new RegExp(`(^|[\\s/"'=])${root.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}([/\\s"']|$)`, 'm').test(text),
    );
    const [root] = named;
    if (root !== undefined && named.length === 1)
      return ok({ value: root, because: { says: `${file} names it`, where: { file } } });
  }
  return failed({
    code: 'several-projects',
    summary: `There are ${roots.length} Django projects here: ${roots.map((root) => `${root}/manage.py`).join(', ')}`,
    where: { file: scan.folder },
    cure: [
      ...(roots
        .slice(0, 1)
        .map((root) => `Give the folder of the one you mean: \`roadie up ${typed(`${scan.folder}/${root}`)}\`.`) as [
        string,
      ]),
      'Or write `root = "FOLDER"` into roadie.toml.',
    ],
  });
}

function withoutManage(scan: ProjectScan): Result<Fact<string>> {
  const settings = [...scan.settings]
    .filter((one) => 'ROOT_URLCONF' in one.assigned && !isAside(one.file))
    .toSorted((left, right) => depthOf(left.file) - depthOf(right.file))[0];
  if (settings)
    return ok({
      value: settings.base,
      because: { says: `no manage.py, but settings in ${settings.file}`, where: { file: settings.file } },
    });
  const aside = scan.manage[0];
  if (aside && scan.manage.length === 1)
    return ok({ value: folderOf(aside.file), because: { says: aside.file, where: { file: aside.file } } });
  if (scan.manage.length > 1)
    return amongSeveral(
      scan,
      scan.manage.map((entry) => folderOf(entry.file)),
    );
  const broken = scan.syntaxErrors.find((error) => /manage\.py$|settings/.test(error.file));
  if (broken) {
    return failed({
      code: 'settings-syntax-error',
      summary: `${broken.file} is not valid Python: ${broken.message}`,
      detail: broken.text,
      where: { file: broken.file, line: broken.line, column: broken.column },
      cure: ['Fix that line.'],
    });
  }
  const what =
    scan.files.length === 0
      ? 'the folder is empty'
      : `${scan.files.length === 1 ? '1 file' : `${scan.files.length} files`}, and neither a manage.py nor settings with ROOT_URLCONF among them`;
  return failed({
    code: 'no-django-project',
    summary: `There is no Django project in ${scan.folder}: ${what}`,
    where: { file: scan.folder },
    cure: ['Give the folder that holds manage.py.', 'If it is further down, write `root = "FOLDER"` into roadie.toml.'],
  });
}

/** The scanned settings module of that name, seen from a folder. */
export function settingsNamed(scan: ProjectScan, module: string, root: string): SettingsScan | undefined {
  const fitting = scan.settings.filter((one) => one.module === module);
  return fitting.find((one) => one.base === root) ?? fitting[0];
}

function resolves(scan: ProjectScan, module: string, root: string): boolean {
  return (
    settingsNamed(scan, module, root) !== undefined ||
    scan.syntaxErrors.some((error) => error.file.startsWith(below(root, module.replaceAll('.', '/'))))
  );
}
