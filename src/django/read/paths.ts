import { posix } from 'node:path';

/** Joins a folder (`.` for the top) and a path in it, both relative to the project's folder. */
export function below(folder: string, path: string): string {
  return posix.normalize(posix.join(folder, path));
}

/** A path's last part. */
export function baseName(path: string): string {
  return posix.basename(path);
}

/** The folder of a path; `.` for the top. */
export function folderOf(path: string): string {
  return posix.dirname(path);
}

/** How many folders a path lies deep: 0 for a file at the top. */
export function depthOf(path: string): number {
  return path === '.' ? -1 : path.split('/').length - 1;
}

/** Whether a path lies aside from the program itself: tests, documentation, examples. */
export function isAside(path: string): boolean {
  return /(^|\/)(tests?|testing|docs?|examples?|samples?|demo|sandbox|fixtures|benchmarks?|cookiecutter[^/]*|\{\{[^/]*|project_template|templates?)(\/|$)/i.test(
    path,
  );
}

/** Whether a path below a folder lies aside from what is in there, wherever that folder itself lies. */
export function isAsideIn(path: string, folder: string): boolean {
  return isAside(folder !== '.' && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path);
}

/** The folder from which a file is imported: that of the settings where it lies there as well, `src/` say; else the one with manage.py. */
function importFolder(file: string, root: string, settings: { readonly base: string } | undefined): string {
  const base = settings?.base ?? root;
  return base !== '.' && file.startsWith(`${base}/`) ? base : root;
}

/** `package/module.py` as `package.module`; `package/__init__.py` as `package`. */
function moduleOf(file: string, base: string): string {
  const inside = base === '.' ? file : file.slice(base.length + 1);
  return inside
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');
}

/** The module that a file is, as the project imports it. */
export function importedAs(file: string, root: string, settings: { readonly base: string } | undefined): string {
  return moduleOf(file, importFolder(file, root, settings));
}

/** Whether a file is Docker Compose's, whatever it is for. */
export function isComposeName(path: string): boolean {
  return /(?:^|\/)(?:docker-)?compose[^/]*\.ya?ml$/.test(path);
}

/** Whether a file is Docker Compose's, and for what is run rather than for developing or testing it. */
export function isCompose(path: string): boolean {
  return (
    isComposeName(path) &&
    !isAside(path) &&
    !/dev|local|test|ci|override/i.test(baseName(path)) &&
    !/(^|\/)[^/]*(dev|test)[^/]*\//i.test(path)
  );
}

/** The line, from 1, of the first match of a pattern in a text; 1 where there is none. */
export function lineOf(text: string, pattern: RegExp): number {
  const index = text.search(pattern);
  return index < 0 ? 1 : text.slice(0, index).split('\n').length;
}
