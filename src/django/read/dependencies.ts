import type { DependencySource, Fact, Requirement } from '../facts.ts';
import { baseName, below, folderOf, isAside } from './paths.ts';
import { readPyproject, lockedVersions, pipfileRequirements, setupRequirements } from './pyproject.ts';
import { readRequirements } from './requirements-file.ts';
import type { ProjectScan } from './scan.ts';

export type DependenciesFound = {
  readonly source: Fact<DependencySource>;
  readonly requirements: readonly Requirement[];
  /** Versions of all distributions, by name, where a lock says them. */ readonly locked: Readonly<
    Record<string, string>
  >;
};

const productionFile =
  /(^|\/)(requirements|reqs|deps)\/(prod|production|prd|live|deploy|heroku)[^/]*\.(txt|pip)$|(^|\/)requirements[-_.](prod|production|deploy)[^/]*\.txt$|(^|\/)(prod|production)[-_.]requirements\.txt$/i;
const commonFile =
  /(^|\/)(requirements|reqs|deps)\/(base|common|main|requirements|default|app)\.(txt|pip)$|(^|\/)requirements[-_.](base|common)\.txt$/i;
const productionGroup = /^(prod|production|deploy|deployment|server|web|postgres|postgresql|psycopg)$/;

/** Where the dependencies stand: production requirements; a lock; requirements.txt; pyproject.toml, setup.py; groups. */
export function findDependencies(scan: ProjectScan, root: string): DependenciesFound {
  const folders = [...new Set([root, '.', ...(root.includes('/') ? [folderOf(root)] : [])])];
  const requirements = (pattern: RegExp): string[] =>
    Object.keys(scan.texts)
      .filter((file) => pattern.test(file) && !isAside(file) && !/dev|test|local/i.test(baseName(file)))
      .toSorted((left, right) => left.length - right.length);
  const [production] = requirements(productionFile);
  if (production !== undefined) return fromFile(production, `production requirements in ${production}`, scan);
  for (const folder of folders) {
    const found = locked(scan, folder);
    if (found) return found;
  }
  for (const folder of folders) {
    const file = below(folder, 'requirements.txt');
    if (readRequirements(file, scan.texts).length > 0) return fromFile(file, file, scan);
  }
  const [common] = requirements(commonFile);
  if (common !== undefined) return fromFile(common, common, scan);
  for (const folder of folders) {
    const found = fromPackage(scan, folder);
    if (found) return found;
  }
  const pipfile = folders.map((folder) => below(folder, 'Pipfile')).find((file) => file in scan.texts);
  if (pipfile !== undefined) {
    // Without its lock, a Pipfile can only be read, not installed from.
    return {
      source: {
        value: { kind: 'none' },
        because: { says: `${pipfile} without Pipfile.lock`, where: { file: pipfile } },
      },
      requirements: pipfileRequirements(pipfile, scan.texts[pipfile] ?? ''),
      locked: {},
    };
  }
  const any = likeliest(scan);
  if (any !== undefined) return fromFile(any, any, scan);
  return {
    source: { value: { kind: 'none' }, because: { says: 'no requirements, lock or package were found' } },
    requirements: [],
    locked: {},
  };
}

/** Of requirements wherever they are: those with Django, not for developers, that a Dockerfile names; then the uppermost. */
function likeliest(scan: ProjectScan): string | undefined {
  const images = Object.entries(scan.texts).filter(([file]) => /dockerfile/i.test(baseName(file)));
  const rank = (file: string): number => {
    const django = readRequirements(file, scan.texts).some((one) => one.name === 'django');
    const named = images.some(([, text]) => text.includes(baseName(file)));
    return Number(!django) * 4 + Number(/dev|test|local/i.test(baseName(file))) * 2 + Number(!named);
  };
  return Object.keys(scan.texts)
    .filter((file) => /requirements[^/]*\.txt$/i.test(file) && !isAside(file))
    .toSorted((left, right) => rank(left) - rank(right))[0];
}

function fromFile(file: string, says: string, scan: ProjectScan): DependenciesFound {
  return {
    source: { value: { kind: 'requirements', files: [file] }, because: { says, where: { file } } },
    requirements: readRequirements(file, scan.texts),
    locked: {},
  };
}

function locked(scan: ProjectScan, folder: string): DependenciesFound | undefined {
  const text = (name: string): string | undefined => scan.texts[below(folder, name)];
  const pyprojectFile = below(folder, 'pyproject.toml');
  const pyproject = readPyproject(pyprojectFile, text('pyproject.toml') ?? '');
  for (const [name, kind] of [
    ['uv.lock', 'uv-lock'],
    ['poetry.lock', 'poetry-lock'],
  ] as const) {
    const lock = text(name);
    const file = below(folder, name);
    if (lock === undefined || !pyproject) continue;
    const groups =
      kind === 'uv-lock'
        ? Object.keys(pyproject.groups).filter((group) => productionGroup.test(group))
        : Object.keys(pyproject.poetryGroups).filter((group) => productionGroup.test(group));
    const used = [
      ...pyproject.requirements,
      ...groups.flatMap((group) => pyproject.groups[group] ?? pyproject.poetryGroups[group] ?? []),
    ];
    const versions = lockedVersions(lock);
    return {
      source: { value: { kind, file, groups }, because: { says: file, where: { file } } },
      requirements: used.map((one) => pinned(one, versions)),
      locked: versions,
    };
  }
  const pipfile = text('Pipfile.lock');
  if (pipfile !== undefined) {
    const file = below(folder, 'Pipfile.lock');
    const declared = pipfileRequirements(below(folder, 'Pipfile'), text('Pipfile') ?? '');
    const versions = lockedVersions(pipfile);
    const fallback = Object.keys(versions).map((name) => ({ name, specifier: '', where: { file } }));
    return {
      source: { value: { kind: 'pipfile-lock', file, groups: [] }, because: { says: file, where: { file } } },
      requirements: (declared.length > 0 ? declared : fallback).map((one) => pinned(one, versions)),
      locked: versions,
    };
  }
  return undefined;
}

function fromPackage(scan: ProjectScan, folder: string): DependenciesFound | undefined {
  const file = below(folder, 'pyproject.toml');
  const pyproject = readPyproject(file, scan.texts[file] ?? '');
  if (pyproject && pyproject.requirements.length > 0) {
    const groups = Object.keys({ ...pyproject.extras, ...pyproject.groups, ...pyproject.poetryGroups }).filter(
      (group) => productionGroup.test(group),
    );
    const more = groups.flatMap(
      (group) => pyproject.extras[group] ?? pyproject.groups[group] ?? pyproject.poetryGroups[group] ?? [],
    );
    return {
      source: { value: { kind: 'pyproject', file, groups }, because: { says: file, where: { file } } },
      requirements: [...pyproject.requirements, ...more],
      locked: {},
    };
  }
  for (const name of ['setup.py', 'setup.cfg']) {
    const setup = below(folder, name);
    const requirements = setupRequirements(setup, scan.texts[setup] ?? '');
    if (requirements.length > 0)
      return {
        source: { value: { kind: 'setup', file: setup, groups: [] }, because: { says: setup, where: { file: setup } } },
        requirements,
        locked: {},
      };
  }
  const groups = pyproject ? Object.entries(pyproject.groups) : [];
  const fitting = groups
    .filter(([, requirements]) => requirements.some((one) => one.name === 'django'))
    .filter(([name]) => !/dev|test|docs|lint/.test(name));
  const chosen =
    fitting.length > 0
      ? groups.filter(([name]) => fitting.some(([one]) => one === name) || productionGroup.test(name))
      : [];
  if (chosen.length === 0) return undefined;
  const names = chosen.map(([name]) => name);
  return {
    source: {
      value: { kind: 'pyproject', file, groups: names },
      because: { says: `the dependency groups ${names.join(', ')} in ${file}`, where: { file } },
    },
    requirements: chosen.flatMap(([, requirements]) => requirements),
    locked: {},
  };
}

function pinned(requirement: Requirement, versions: Readonly<Record<string, string>>): Requirement {
  const version = versions[requirement.name];
  return version === undefined ? requirement : { ...requirement, specifier: `==${version}` };
}
