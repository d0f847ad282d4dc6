import type { DependencySource, Fact, Requirement } from '../facts.ts';
import { findInstallWords, type InstallWords } from './install-words.ts';
import { baseName, below, folderOf, isAside } from './paths.ts';
import { readPyproject, lockedVersions, pipfileRequirements, setupRequirements } from './pyproject.ts';
import { normalizeName, readRequirements } from './requirements-file.ts';
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

/** Where the dependencies stand: the requirements that the image installs; production requirements; a lock; requirements.txt; pyproject.toml, setup.py; groups. */
export function findDependencies(scan: ProjectScan, root: string): DependenciesFound {
  const folders = [...new Set([root, '.', ...(root.includes('/') ? [folderOf(root)] : [])])];
  const requirements = (pattern: RegExp): string[] =>
    Object.keys(scan.texts)
      .filter((file) => pattern.test(file) && !isAside(file) && !/dev|test|local/i.test(baseName(file)))
      .toSorted((left, right) => left.length - right.length);
  const words = findInstallWords(scan);
  const image = fromImage(words, scan);
  if (image) return image;
  const [production] = requirements(productionFile);
  if (production !== undefined) return fromFile(production, `production requirements in ${production}`, scan);
  for (const folder of folders) {
    const found = locked(scan, folder, words);
    if (found) return found;
  }
  for (const folder of folders) {
    const file = below(folder, 'requirements.txt');
    if (readRequirements(file, scan.texts).length > 0) return fromFile(file, file, scan);
  }
  const [common] = requirements(commonFile);
  if (common !== undefined) return fromFile(common, common, scan);
  for (const folder of folders) {
    const found = fromPackage(scan, folder, words);
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

function locked(scan: ProjectScan, folder: string, words: InstallWords | undefined): DependenciesFound | undefined {
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
    const named = kind === 'uv-lock' ? pyproject.groups : pyproject.poetryGroups;
    const groups = Object.keys(named).filter(
      (group) => productionGroup.test(group) || words?.groups.includes(group) === true,
    );
    const optional = { ...pyproject.extras, ...(kind === 'poetry-lock' && pyproject.poetryExtras) };
    const extras = extrasOf(Object.keys(optional), words);
    const used = [
      ...pyproject.requirements,
      ...groups.flatMap((group) => named[group] ?? []),
      ...extras.flatMap((extra) => optional[extra] ?? []),
    ];
    const versions = lockedVersions(lock);
    return {
      source: {
        value: { kind, file, groups, ...(extras.length > 0 && { extras }) },
        because: { says: withWords(file, [...groups, ...extras], words), where: { file } },
      },
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

function fromPackage(
  scan: ProjectScan,
  folder: string,
  words: InstallWords | undefined,
): DependenciesFound | undefined {
  const file = below(folder, 'pyproject.toml');
  const pyproject = readPyproject(file, scan.texts[file] ?? '');
  if (pyproject && pyproject.requirements.length > 0) {
    const optional = { ...pyproject.extras, ...pyproject.poetryExtras };
    const extras = extrasOf(Object.keys(optional), words);
    const groups = Object.keys({ ...pyproject.extras, ...pyproject.groups, ...pyproject.poetryGroups }).filter(
      (group) => !extras.includes(group) && (productionGroup.test(group) || words?.groups.includes(group) === true),
    );
    const more = [
      ...extras.flatMap((extra) => optional[extra] ?? []),
      ...groups.flatMap(
        (group) => pyproject.extras[group] ?? pyproject.groups[group] ?? pyproject.poetryGroups[group] ?? [],
      ),
    ];
    return {
      source: {
        value: { kind: 'pyproject', file, groups, ...(extras.length > 0 && { extras }) },
        because: { says: withWords(file, [...groups, ...extras], words), where: { file } },
      },
      requirements: [...pyproject.requirements, ...more],
      locked: {},
    };
  }
  for (const name of ['setup.py', 'setup.cfg']) {
    const setup = below(folder, name);
    const requirements = setupRequirements(setup, scan.texts[setup] ?? '');
    const extras = words?.extras ?? [];
    if (requirements.length > 0)
      return {
        source: {
          value: { kind: 'setup', file: setup, groups: [], ...(extras.length > 0 && { extras }) },
          because: { says: withWords(setup, extras, words), where: { file: setup } },
        },
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

/** The requirements files that the image installs, where they are the project's: an image of something else has no Django in them. */
function fromImage(words: InstallWords | undefined, scan: ProjectScan): DependenciesFound | undefined {
  const files = words?.files ?? [];
  const requirements = files.flatMap((file) => readRequirements(file, scan.texts));
  if (!words || !requirements.some(({ name }) => /^(?:django|wagtail|channels$)/.test(name))) return undefined;
  return {
    source: {
      value: { kind: 'requirements', files },
      because: {
        says: `${files.join(' and ')}, which ${words.because.says} installs`,
        ...(words.because.where && { where: words.because.where }),
      },
    },
    requirements,
    locked: {},
  };
}

/** Of the extras that there are, those that the image installs. */
function extrasOf(names: readonly string[], words: InstallWords | undefined): readonly string[] {
  if (words?.allExtras === true) return names;
  const wanted = new Set(words?.extras.map(normalizeName));
  return names.filter((name) => wanted.has(normalizeName(name)));
}

function withWords(file: string, names: readonly string[], words: InstallWords | undefined): string {
  const said = names.filter(
    (name) =>
      words?.allExtras === true || words?.extras.includes(name) === true || words?.groups.includes(name) === true,
  );
  return said.length === 0 ? file : `${file}, with ${said.join(', ')} as ${words?.because.says ?? ''} installs it`;
}

function pinned(requirement: Requirement, versions: Readonly<Record<string, string>>): Requirement {
  const version = versions[requirement.name];
  return version === undefined ? requirement : { ...requirement, specifier: `==${version}` };
}
