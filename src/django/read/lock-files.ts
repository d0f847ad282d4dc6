import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';

import { parseVersion } from './versions.ts';
import { failed, ok, type Problem, type Result } from '../../problems/problem.ts';

type Table = Readonly<Record<string, unknown>>;

/** Requirements in pip's words: what to install and, apart, the versions that a lock allows. */
export type Requirements = { readonly lines: readonly string[]; readonly constraints: readonly string[] };

/**
 * A Pipfile.lock as requirements with hashes. `groups` are its sections besides `default` (`develop` is for developers).
 * Every package of the lock is listed, so no resolver is needed.
 */
export function fromPipfileLock(text: string, file: string, groups: readonly string[] = []): Result<Requirements> {
  let lock: Table;
  try {
    lock = asTable(JSON.parse(text));
  } catch (error) {
    return failed(unreadable(file, error));
  }
  const lines: string[] = [];
  for (const section of ['default', ...groups]) {
    for (const [name, value] of Object.entries(asTable(lock[section]))) lines.push(pipfileLine(name, asTable(value)));
  }
  // pip wants hashes for all or for none: one repository among the packages takes them from the others.
  const all = lines.every((line) => line.includes(' --hash='));
  return ok({ lines: all ? lines : lines.map((line) => line.replace(/ --hash=\S+/g, '')), constraints: [] });
}

function pipfileLine(name: string, entry: Table): string {
  const extras = texts(entry['extras']);
  const full = extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
  const marker = typeof entry['markers'] === 'string' ? ` ; ${entry['markers']}` : '';
  if (typeof entry['path'] === 'string') return `${entry['editable'] === true ? '-e ' : ''}${entry['path']}`;
  const address = repositoryAddress(entry);
  if (address !== undefined) return `${full} @ ${address}${marker}`;
  if (typeof entry['file'] === 'string') return `${full} @ ${entry['file']}${marker}`;
  const version = typeof entry['version'] === 'string' && entry['version'] !== '*' ? entry['version'] : '';
  const hashes = texts(entry['hashes']).map((hash) => ` --hash=${hash}`);
  return `${full}${version}${marker}${hashes.join('')}`;
}

/**
 * The direct dependencies of a pyproject.toml (PEP 621's and Poetry's tables, with the named groups), held to the versions of a
 * poetry.lock where there is one. The lock is given as constraints, so that its many formats all do: the resolver takes from it
 * what is needed and leaves developers' tools out.
 */
export function fromPyproject(
  text: string,
  file: string,
  options: { readonly lock?: string; readonly groups?: readonly string[]; readonly extras?: readonly string[] } = {},
): Result<Requirements> {
  let project: Table;
  let lock: Table;
  try {
    project = asTable(getStaticTOMLValue(parseTOML(text)));
  } catch (error) {
    return failed(unreadable(file, error));
  }
  try {
    lock = options.lock === undefined ? {} : asTable(getStaticTOMLValue(parseTOML(options.lock)));
  } catch (error) {
    return failed(unreadable('poetry.lock', error));
  }
  const groups = options.groups ?? [];
  const locked = options.lock !== undefined;
  const standard = asTable(project['project']);
  const poetry = asTable(asTable(project['tool'])['poetry']);
  const lines: string[] = [...texts(standard['dependencies'])];
  // PEP 621 and Poetry's own table may both be there; the first then has the names.
  if (lines.length === 0) lines.push(...poetryLines(asTable(poetry['dependencies']), locked));
  const extras = options.extras ?? [];
  const dependencies = asTable(poetry['dependencies']);
  for (const name of extras.flatMap((extra) => texts(asTable(poetry['extras'])[extra]))) {
    // As it is declared, but wanted.
    const value: unknown = dependencies[name];
    const wanted =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, optional: false } : value;
    if (wanted !== undefined) lines.push(...poetryLines({ [name]: wanted }, locked));
  }
  for (const group of [...groups, ...extras]) {
    lines.push(...texts(asTable(standard['optional-dependencies'])[group]));
    lines.push(...groupLines(asTable(project['dependency-groups']), group, new Set()));
    lines.push(...poetryLines(asTable(asTable(asTable(poetry['group'])[group])['dependencies']), locked));
  }
  return ok({ lines: [...new Set(lines)], constraints: constraintLines(lock) });
}

function poetryLines(dependencies: Table, locked: boolean): readonly string[] {
  return Object.entries(dependencies)
    .filter(([name]) => name.toLowerCase() !== 'python')
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((entry: unknown) => poetryLine(name, entry, locked)),
    )
    .filter((line) => line !== undefined);
}

function poetryLine(name: string, value: unknown, locked: boolean): string | undefined {
  const entry: Table = typeof value === 'string' ? { version: value } : asTable(value);
  if (entry['optional'] === true) return undefined;
  const extras = texts(entry['extras']);
  const full = extras.length === 0 ? name : `${name}[${extras.join(',')}]`;
  if (typeof entry['path'] === 'string') return entry['path'].startsWith('.') ? entry['path'] : `./${entry['path']}`;
  const address = repositoryAddress(entry) ?? (typeof entry['url'] === 'string' ? entry['url'] : undefined);
  const markers = [
    typeof entry['markers'] === 'string' ? `(${entry['markers']})` : '',
    typeof entry['python'] === 'string' ? pythonMarker(entry['python']) : '',
  ].filter((part) => part !== '');
  const marker = markers.length === 0 ? '' : ` ; ${markers.join(' and ')}`;
  if (address !== undefined) return `${full} @ ${address}${marker}`;
  const specifier = locked || typeof entry['version'] !== 'string' ? '' : pepSpecifier(entry['version']);
  return `${full}${specifier}${marker}`;
}

/** Poetry's version words in PEP 440's: `^1.2` → `>=1.2,<2`, `~1.2` → `>=1.2,<1.3`, `1.2` → `==1.2`, `*` → ''. */
export function pepSpecifier(words: string): string {
  // Alternatives ('||') cannot be said in PEP 440; the first names the oldest that was tried.
  const first = words.split('||')[0]?.trim() ?? '';
  return first
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '*')
    .map((part) => {
      const version = parseVersion(part.slice(1).trim());
      if (part.startsWith('^')) return `>=${part.slice(1).trim()},<${caretEnd(version)}`;
      if (part.startsWith('~') && !part.startsWith('~='))
        return `>=${part.slice(1).trim()},<${[...version.slice(0, Math.max(0, Math.min(2, version.length) - 1)), (version[Math.min(2, version.length) - 1] ?? 0) + 1].join('.')}`;
      return /^[<>=!~]/.test(part) ? part : `==${part}`;
    })
    .join(',');
}

/** The first number that is not zero may not change. */
function caretEnd(version: readonly number[]): string {
  const place = version.findIndex((number) => number !== 0);
  const at = place < 0 ? Math.max(0, version.length - 1) : place;
  return [...version.slice(0, at), (version[at] ?? 0) + 1].join('.');
}

function pythonMarker(words: string): string {
  return pepSpecifier(words)
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [, operator = '==', version = ''] = /^([<>=!~]+)\s*(.*)$/.exec(part) ?? [];
      return `${parseVersion(version).length > 2 ? 'python_full_version' : 'python_version'} ${operator} "${version}"`;
    })
    .join(' and ');
}

function groupLines(groups: Table, name: string, seen: Set<string>): readonly string[] {
  if (seen.has(name)) return [];
  seen.add(name);
  const entries = groups[name];
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    if (typeof entry === 'string') return [entry];
    const include = asTable(entry)['include-group'];
    return typeof include === 'string' ? groupLines(groups, include, seen) : [];
  });
}

function constraintLines(lock: Table): readonly string[] {
  const packages = Array.isArray(lock['package']) ? lock['package'].map(asTable) : [];
  const times = new Map<unknown, number>();
  for (const entry of packages) times.set(entry['name'], (times.get(entry['name']) ?? 0) + 1);
  return packages.flatMap((entry) => {
    const { name, version, markers, source } = entry;
    if (typeof name !== 'string' || typeof version !== 'string') return [];
    // What comes from a repository or a folder is pinned by its own requirement line.
    if (['git', 'url', 'directory', 'file'].includes(String(asTable(source)['type']))) return [];
    if (typeof markers === 'string') return [`${name}==${version} ; ${markers}`];
    // Two versions with nothing to tell them apart: the resolver decides by their own requirements.
    return times.get(name) === 1 ? [`${name}==${version}`] : [];
  });
}

function repositoryAddress(entry: Table): string | undefined {
  if (typeof entry['git'] !== 'string') return undefined;
  const at = [entry['rev'], entry['ref'], entry['tag'], entry['branch']].find((value) => typeof value === 'string');
  const folder = typeof entry['subdirectory'] === 'string' ? `#subdirectory=${entry['subdirectory']}` : '';
  const url = entry['git'].replace(/^git\+/, '').replace(/^git@([^:/]+):/, 'ssh://git@$1/');
  return `git+${url}${at === undefined ? '' : `@${at}`}${folder}`;
}

function unreadable(file: string, error: unknown): Problem {
  return {
    code: 'dependencies-unresolvable',
    summary: `${file} cannot be read`,
    detail: error instanceof Error ? error.message : String(error),
    where: { file },
    cure: ['Make the file again with the tool that wrote it.'],
  };
}

function asTable(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
