import type { Requirement } from '../facts.ts';
import { below, folderOf } from './paths.ts';

/** A distribution's name after PEP 503: lower case, with single dashes. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/**
 * The requirements of a requirements file and of the files that it includes (`-r`), as they are written. Extras and markers are
 * left out of the specifier; a requirement whose marker asks for another system or an old Python is left out.
 */
export function readRequirements(
  file: string,
  texts: Readonly<Record<string, string>>,
  seen = new Set<string>(),
): readonly Requirement[] {
  const text = texts[file];
  if (text === undefined || seen.has(file)) return [];
  seen.add(file);
  const found: Requirement[] = [];
  let continued = '';
  let began = 0;
  for (const [index, raw] of text.split('\n').entries()) {
    if (continued === '') began = index + 1;
    const line = continued + raw.trimEnd();
    // Hashes stand on continued lines.
    if (line.endsWith('\\')) {
      continued = `${line.slice(0, -1)} `;
      continue;
    }
    continued = '';
    const plain = line.replace(/(^|\s)#.*$/, '').trim();
    const included = includedFile(plain);
    if (included !== undefined) found.push(...readRequirements(below(folderOf(file), included), texts, seen));
    else {
      const requirement = parseRequirement(plain);
      if (requirement) found.push({ ...requirement, where: { file, line: began } });
    }
  }
  return found;
}

/** The file that a line includes (`-r base.txt`), as it is written; undefined for all other lines. */
export function includedFile(line: string): string | undefined {
  return /^\s*(?:-r|--requirement)(?:\s+|=)?\s*([^\s#]+)/.exec(line)?.[1];
}

/** The file that a line takes constraints from (`-c limits.txt`), as it is written; undefined for all other lines. */
export function constraintFile(line: string): string | undefined {
  return /^\s*(?:-c|--constraint)(?:\s+|=)?\s*([^\s#]+)/.exec(line)?.[1];
}

/** A line of a requirements file with its place, from 1. */
type RequirementLine = { readonly text: string; readonly file: string; readonly line: number };

/** The lines of requirements files, each file once, with those that they include in the place of the line that does. */
export function requirementLines(
  files: readonly string[],
  texts: Readonly<Record<string, string>>,
  seen = new Set<string>(),
): readonly RequirementLine[] {
  return files.flatMap((file) => {
    if (seen.has(file)) return [];
    seen.add(file);
    return (texts[file] ?? '').split('\n').flatMap((text, index) => {
      const included = includedFile(text);
      if (included !== undefined) return requirementLines([below(folderOf(file), included)], texts, seen);
      return [{ text, file, line: index + 1 }];
    });
  });
}

/** Reads `Django[argon2]>=4.2,<5 ; python_version>"3"`, `name @ url` and `git+https://…#egg=name`; undefined for anything else. */
export function parseRequirement(text: string): { readonly name: string; readonly specifier: string } | undefined {
  const plain = text
    .replace(/^(-e|--editable)(\s+|=)/, '')
    .replaceAll(/\s--(hash|config-settings|global-option|no-binary|only-binary)[= ]\S+/g, '')
    .trim();
  const egg = /#(?:.*&)?egg=([A-Za-z0-9._-]+)/.exec(plain)?.[1];
  if (egg !== undefined) return { name: normalizeName(egg), specifier: '' };
  const repository = /^git\+\S*?\/([A-Za-z0-9._-]+?)(?:\.git)?(?:@[^/\s]*)?$/.exec(plain)?.[1];
  if (repository !== undefined) return { name: normalizeName(repository), specifier: '' };
  if (plain === '' || plain.startsWith('-') || /^[./]|:\/\/(?!.*@)/.test(plain.split(' @ ')[0] ?? '')) return undefined;
  const found = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(@\s*\S+|\(?[^;]*)?(?:;\s*(.*))?$/.exec(plain);
  const [, name, specifier = '', marker = ''] = found ?? [];
  if (name === undefined || isElsewhere(marker)) return undefined;
  const range = specifier
    .trim()
    .replaceAll(/^\(|\)$/g, '')
    .replaceAll(/\s+/g, '');
  if (range !== '' && !/^(@|[=<>!~])/.test(range)) return undefined;
  return { name: normalizeName(name), specifier: range.startsWith('@') ? '' : range };
}

function isElsewhere(marker: string): boolean {
  return /sys_platform\s*==\s*["'](win32|darwin|cygwin)|platform_system\s*==\s*["'](Windows|Darwin)|os_name\s*==\s*["']nt|python_version\s*<=?\s*["'](2|3\.[0-7]["'])/.test(
    marker,
  );
}
