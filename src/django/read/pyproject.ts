import { parseToml } from '../../config/toml.ts';
import type { Requirement } from '../facts.ts';
import { lineOf } from './paths.ts';
import { normalizeName, parseRequirement } from './requirements-file.ts';
import { parseVersion } from './versions.ts';

/** What a pyproject.toml declares. */
export type Pyproject = {
  readonly requirements: readonly Requirement[];
  /** [project.optional-dependencies] */
  readonly extras: Readonly<Record<string, readonly Requirement[]>>;
  /** [tool.poetry.extras] */
  readonly poetryExtras: Readonly<Record<string, readonly Requirement[]>>;
  /** [dependency-groups] of PEP 735 */
  readonly groups: Readonly<Record<string, readonly Requirement[]>>;
  readonly poetryGroups: Readonly<Record<string, readonly Requirement[]>>;
  /** PEP 440, Poetry's notation translated; '' where nothing is said. */
  readonly requiresPython: string;
};

type Table = Readonly<Record<string, unknown>>;

/** Reads a pyproject.toml; undefined where it is empty or not TOML (the installer will say so in its own words). */
export function readPyproject(file: string, text: string): Pyproject | undefined {
  const parsed = text.trim() === '' ? undefined : parseToml(file, text);
  if (!parsed?.ok) return undefined;
  const project = table(parsed.value.value, 'project');
  const poetry = table(parsed.value.value, 'tool', 'poetry');
  const requirement = (name: string, specifier: string): Requirement => ({
    name: normalizeName(name),
    specifier,
    where: { file, line: lineOf(text, new RegExp(`(^\\s*|["'])${escape(name)}\\b`, 'mi')) },
  });
  const list = (value: unknown, groups: Table): readonly Requirement[] =>
    Array.isArray(value)
      ? value.flatMap((one: unknown): readonly Requirement[] => {
          if (typeof one === 'object' && one !== null && 'include-group' in one)
            return list(groups[String(one['include-group'])], {});
          const found = typeof one === 'string' ? parseRequirement(one) : undefined;
          const written = typeof one === 'string' ? (/^[A-Za-z0-9._-]+/.exec(one)?.[0] ?? '') : '';
          return found ? [{ ...requirement(written, found.specifier), name: found.name }] : [];
        })
      : [];
  const poetryList = (value: Table): readonly Requirement[] =>
    Object.entries(value).flatMap(([name, one]) =>
      name === 'python' || isOptional(one) ? [] : [requirement(name, fromPoetry(specifierOf(one)))],
    );
  const groups = table(parsed.value.value, 'dependency-groups');
  const poetryGroups = Object.entries(table(poetry, 'group')).map(
    ([name, value]) => [name, poetryList(table(value, 'dependencies'))] as const,
  );
  const poetryPython = specifierOf(table(poetry, 'dependencies')['python']);
  const requiresPython =
    typeof project['requires-python'] === 'string'
      ? project['requires-python'].replaceAll(/\s+/g, '')
      : fromPoetry(poetryPython);
  return {
    requirements: [...list(project['dependencies'], {}), ...poetryList(table(poetry, 'dependencies'))],
    extras: each(table(project, 'optional-dependencies'), (value) => list(value, {})),
    poetryExtras: each(table(poetry, 'extras'), (value) =>
      (Array.isArray(value) ? value : []).flatMap((name: unknown) =>
        typeof name === 'string'
          ? [requirement(name, fromPoetry(specifierOf(table(poetry, 'dependencies')[name])))]
          : [],
      ),
    ),
    groups: each(groups, (value) => list(value, groups)),
    poetryGroups: Object.fromEntries(poetryGroups),
    requiresPython,
  };
}

/** Poetry's `^3.11`, `~3.11`, `3.11.*` and `3.11` as PEP 440. */
export function fromPoetry(specifier: string): string {
  // Alternatives are rare, and the first is as good as any.
  const text = (specifier.split('||')[0] ?? '')
    .replaceAll(/\s*,\s*/g, ',')
    .trim()
    .replaceAll(/\s+/g, ',');
  if (text === '' || text === '*') return '';
  return text
    .split(',')
    .map((part) => {
      const found = /^([\^~])\s*(\d[\w.]*)$/.exec(part);
      const [, operator, version] = found ?? [];
      if (operator === undefined || version === undefined)
        return /^\d/.test(part) ? `==${part.endsWith('.*') || part.split('.').length > 2 ? part : `${part}.*`}` : part;
      const numbers = parseVersion(version);
      const place =
        operator === '^'
          ? Math.max(
              0,
              numbers.findIndex((number) => number !== 0),
            )
          : Math.min(1, numbers.length - 1);
      const next = numbers.slice(0, place + 1).map((number, index) => (index === place ? number + 1 : number));
      return `>=${version},<${next.join('.')}`;
    })
    .join(',');
}

/** Versions by name in a uv.lock, poetry.lock or Pipfile.lock. */
export function lockedVersions(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  if (text.trimStart().startsWith('{')) {
    const section = /"default"\s*:\s*\{([\s\S]*?)\n {4}\}/.exec(text)?.[1] ?? '';
    for (const [, name, inner] of section.matchAll(/^ {8}"([^"]+)"\s*:\s*\{([\s\S]*?)^ {8}\}/gm)) {
      found[normalizeName(name ?? '')] = /"version"\s*:\s*"==([^"]+)"/.exec(inner ?? '')?.[1] ?? '';
    }
    return found;
  }
  for (const [, name, version] of text.matchAll(/^\[\[package\]\]\s*\nname = "([^"]+)"\s*\nversion = "([^"]+)"/gm))
    found[normalizeName(name ?? '')] = version ?? '';
  return found;
}

/** The [packages] of a Pipfile. */
export function pipfileRequirements(file: string, text: string): readonly Requirement[] {
  const parsed = parseToml(file, text);
  if (!parsed.ok) return [];
  return Object.entries(table(parsed.value.value, 'packages')).map(([name, value]) => ({
    name: normalizeName(name),
    specifier: specifierOf(value) === '*' ? '' : specifierOf(value),
    where: { file, line: lineOf(text, new RegExp(`^["']?${escape(name)}["']?\\s*=`, 'm')) },
  }));
}

/** The literal `install_requires` of a setup.py or setup.cfg. */
export function setupRequirements(file: string, text: string): readonly Requirement[] {
  const block = file.endsWith('.cfg')
    ? /^install_requires\s*=\s*\n?((?:[ \t]+.*\n?)*)/m.exec(text)?.[1]
    : /install_requires\s*=\s*[[(]([\s\S]*?)[\])]\s*,?\s*\n/.exec(text)?.[1];
  if (block === undefined) return [];
  const lines = file.endsWith('.cfg')
    ? block.split('\n')
    : [...block.matchAll(/["']([^"'\n]+)["']/g)].map((match) => match[1] ?? '');
  return lines.flatMap((line) => {
    const found = parseRequirement(line.trim());
    return found ? [{ ...found, where: { file, line: lineOf(text, new RegExp(escape(line.trim()))) } }] : [];
  });
}

function isOptional(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'optional' in value && value.optional === true;
}

function specifierOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [first]: readonly unknown[] = Array.isArray(value) ? value : [value];
  return typeof first === 'object' && first !== null && 'version' in first && typeof first.version === 'string'
    ? first.version
    : '';
}

function table(value: unknown, ...path: readonly string[]): Table {
  let found = value;
  for (const key of path) found = typeof found === 'object' && found !== null ? (found as Table)[key] : undefined;
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Table) : {};
}

function each<T>(value: Table, read: (value: unknown) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, read(one)]));
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
