import { posix } from 'node:path';

import type { DependencySource } from '../django/facts.ts';
import { ok, type Result } from '../problems/problem.ts';
import { isLocal, planRequirements } from './requirements-plan.ts';
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
  const extras = source.extras ?? [];
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
      arguments:
        installer === 'uv'
          ? ['--requirements', source.file, ...extras.flatMap((extra) => ['--extra', extra])]
          : [extras.length > 0 ? `./${folder}[${extras.join(',')}]` : `./${folder}`],
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
      ...extras.flatMap((extra) => ['--extra', extra]),
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
    fromPyproject(project, file, {
      groups: source.groups,
      extras,
      ...(source.kind === 'poetry-lock' && { lock: declared }),
    }),
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

async function readAll(paths: readonly string[], read: ReadProjectFile): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of paths) {
    const text = await read(path);
    if (text !== undefined) found[path] = text;
  }
  return found;
}
