import { posix } from 'node:path';

import type { DependencySource } from '../django/facts.ts';
import { failed, ok, type Result } from '../problems/problem.ts';
import { fromPipfileLock, fromPyproject, type Requirements } from '../django/read/lock-files.ts';

/** How a project's dependencies get into a virtualenv. */
export type InstallPlan = {
  /** Run in the project's folder first; what it prints becomes the file `exported`. */
  readonly exportArguments?: readonly string[];
  /** Files to write for the installer, by name; arguments refer to them as `@NAME`. */
  readonly generated: Readonly<Record<string, string>>;
  /** Arguments after `pip install`; empty where nothing is to be installed. */
  readonly arguments: readonly string[];
  /** Content by path of every file that has a say; for the fingerprint. */
  readonly inputs: Readonly<Record<string, string>>;
  /** True where what is installed refers to the project's own folder (`-e .`, `./vendor/x`). */
  readonly local: boolean;
};

/** Reads a file of the project by its path relative to the project's folder; undefined where there is none. */
export type ReadProjectFile = (path: string) => Promise<string | undefined>;

/**
 * What to tell the installer for each way of declaring dependencies. uv reads requirements, pyproject.toml and setup.py itself
 * and exports its own lock; Pipfile.lock and poetry.lock are translated. Without uv (`installer` 'pip') the rest is translated
 * as far as that goes. Problem: `dependencies-unresolvable`.
 */
export async function planInstall(
  source: DependencySource,
  read: ReadProjectFile,
  installer: 'uv' | 'pip',
): Promise<Result<InstallPlan>> {
  if (source.kind === 'none') return ok({ generated: {}, arguments: [], inputs: {}, local: false });
  if (source.kind === 'requirements') return planRequirements(source.files, read, installer);
  const folder = posix.dirname(source.file);
  const beside = (name: string): string => (folder === '.' ? name : `${folder}/${name}`);
  const declared = (await read(source.file)) ?? '';
  if (source.kind === 'pipfile-lock')
    return translated(fromPipfileLock(declared, source.file, source.groups), { [source.file]: declared }, [
      '--no-deps',
    ]);
  if (source.kind === 'setup') {
    const inputs = { ...(await readAll([source.file, beside('setup.cfg'), beside('pyproject.toml')], read)) };
    return ok({
      generated: {},
      arguments: installer === 'uv' ? ['--requirements', source.file] : [`./${folder}`],
      inputs,
      local: installer === 'pip',
    });
  }
  const file = source.kind === 'pyproject' ? source.file : beside('pyproject.toml');
  const project = source.kind === 'pyproject' ? declared : ((await read(file)) ?? '');
  const inputs = { [file]: project, [source.file]: declared };
  if (source.kind === 'uv-lock' && installer === 'uv') {
    const groups = source.groups.flatMap((group) => ['--group', group]);
    // The project itself is on the path already, and installing it would tie the virtualenv to one release.
    const exportArguments = [
      'export',
      '--frozen',
      '--quiet',
      '--no-default-groups',
      ...groups,
      '--no-emit-project',
      '--no-header',
      '--no-annotate',
      '--format',
      'requirements-txt',
      '--project',
      `./${folder}`,
    ];
    return ok({ exportArguments, generated: {}, arguments: ['--requirements', '@exported'], inputs, local: false });
  }
  return translated(
    fromPyproject(project, file, { groups: source.groups, ...(source.kind === 'poetry-lock' && { lock: declared }) }),
    inputs,
    [],
  );
}

function translated(
  result: Result<Requirements>,
  inputs: Readonly<Record<string, string>>,
  more: readonly string[],
): Result<InstallPlan> {
  if (!result.ok) return result;
  const { lines, constraints } = result.value;
  const generated = {
    'requirements.txt': lines.join('\n') + '\n',
    ...(constraints.length > 0 && { 'constraints.txt': constraints.join('\n') + '\n' }),
  };
  const constraint = constraints.length > 0 ? ['--constraint', '@constraints.txt'] : [];
  return ok({
    generated,
    arguments: lines.length === 0 ? [] : ['--requirements', '@requirements.txt', ...constraint, ...more],
    inputs,
    local: lines.some(isLocal),
  });
}

async function planRequirements(
  files: readonly string[],
  read: ReadProjectFile,
  installer: 'uv' | 'pip',
): Promise<Result<InstallPlan>> {
  const inputs: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    if (path in inputs) return;
    const text = await read(path);
    if (text === undefined) return;
    inputs[path] = text;
    for (const line of text.split('\n')) {
      const included = /^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=)?\s*([^\s#]+)/.exec(line)?.[1];
      if (included !== undefined && !included.includes('://'))
        await visit(posix.normalize(posix.join(posix.dirname(path), included)));
    }
  };
  for (const file of files) await visit(file);
  const missing = files.find((file) => !(file in inputs));
  if (missing !== undefined) {
    return failed({
      code: 'dependencies-unresolvable',
      summary: `${missing} cannot be read`,
      where: { file: missing },
      cure: ['Commit the file, or take it out of what names it.'],
    });
  }
  const local = Object.values(inputs).some((text) => text.split('\n').some(isLocal));
  const renamed =
    installer === 'uv' &&
    Object.values(inputs).some((text) =>
      /^\s*(?:-i|--index-url)[\s=]+https?:\/\/pypi\.python\.org\/simple/m.test(text),
    );
  // PyPI's name until 2018: what old lock files still hold. The new one is what it leads to, where it leads anywhere.
  const index = renamed ? ['--default-index', 'https://pypi.org/simple'] : [];
  return ok({
    generated: {},
    arguments: [...index, ...files.flatMap((file) => ['--requirements', file])],
    inputs,
    local,
  });
}

/** Whether a requirement line points into the file system. */
function isLocal(line: string): boolean {
  return /^\s*(?:-e\s*|--editable[\s=]+)?(?:\.{1,2}(?:\/|\s|$|\[)|\/|file:)/.test(line) || /@\s*file:/.test(line);
}

async function readAll(paths: readonly string[], read: ReadProjectFile): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of paths) {
    const text = await read(path);
    if (text !== undefined) found[path] = text;
  }
  return found;
}
