/** Folders that are made on a developer's machine and never belong to a release. */
const leftOutFolders: ReadonlySet<string> = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '__pycache__',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.direnv',
]);

/** Whether a name in a project's folder is no part of the project: version control, caches, bytecode. */
export function isLeftOut(name: string): boolean {
  return leftOutFolders.has(name) || name.endsWith('.pyc') || name.endsWith('.pyo') || name === '.DS_Store';
}

/**
 * Reads `git ls-files -z -t --cached --others`: what git tracks is taken as it is, what it does not know yet without caches
 * and virtualenvs (a folder with a pyvenv.cfg), which a project without a .gitignore would bring along. Sorted, unique.
 */
export function parseListing(output: string): readonly string[] {
  const tracked = new Set<string>();
  const others: string[] = [];
  for (const entry of output.split('\0')) {
    if (entry.length < 3) continue;
    // One letter, a space, the path. '?' is untracked; the other letters are states of tracked files.
    const path = entry.slice(2);
    if (entry.startsWith('?')) others.push(path);
    else tracked.add(path);
  }
  const virtualenvs = others
    .filter((path) => path.endsWith('/pyvenv.cfg'))
    .map((path) => path.slice(0, -'pyvenv.cfg'.length));
  for (const path of others) {
    if (path.split('/').some(isLeftOut)) continue;
    if (virtualenvs.some((folder) => path.startsWith(folder))) continue;
    tracked.add(path);
  }
  return [...tracked].filter((path) => !path.split('/').includes('.git')).toSorted();
}
