import type { Problem } from '../../problems/problem.ts';
import type { Evidence } from '../facts.ts';
import { normalizeName, requirementLines } from './requirements-file.ts';

/** Distributions that are made for Windows or macOS alone; on a server their installation fails. */
const elsewhere: Readonly<Record<string, string>> = {
  pywin32: 'Windows',
  pypiwin32: 'Windows',
  pywinpty: 'Windows',
  'twisted-iocpsupport': 'Windows',
  'windows-curses': 'Windows',
  macfsevents: 'macOS',
  'pyobjc-core': 'macOS',
};

/** A line of a requirements file that cannot be installed on any server. */
export type UnusableRequirement = {
  readonly name: string;
  readonly why: string;
  /** Whether the project can do without: it needs it nowhere but on another system, or never. Else only its owner knows what is meant. */
  readonly dispensable: boolean;
};

/** Why a line of a requirements file cannot be installed here; undefined where nothing speaks against it. */
export function unusableRequirement(line: string): UnusableRequirement | undefined {
  const plain = line.replace(/(^|\s)#.*$/, '').trim();
  const [, written, rest = ''] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/.exec(plain) ?? [];
  if (written === undefined) return undefined;
  const name = normalizeName(written);
  // A bug of Debian's and Ubuntu's pip, which wrote it into every `pip freeze`.
  if (name === 'pkg-resources' && /^==\s*0\.0\.0\b/.test(rest))
    return {
      name,
      why: 'there is no such distribution: `pip freeze` of a Debian system has made it up',
      dispensable: true,
    };
  if (/^@\s*file:\/\/\//.test(rest))
    return { name, why: 'it is a file on the computer that this was written on', dispensable: false };
  const system = elsewhere[name] ?? (name.startsWith('pyobjc-framework-') ? 'macOS' : undefined);
  // A marker says by itself where it is to be installed.
  if (system === undefined || rest.includes(';')) return undefined;
  return { name, why: `it is for ${system} alone`, dispensable: true };
}

type Found = UnusableRequirement & {
  readonly text: string;
  readonly where: { readonly file: string; readonly line: number };
};

/** Those of requirements files and of all that they include. */
function unusableIn(files: readonly string[], texts: Readonly<Record<string, string>>): readonly Found[] {
  return requirementLines(files, texts).flatMap(({ text, file, line }) => {
    const unusable = unusableRequirement(text);
    return unusable ? [{ ...unusable, text: text.trim(), where: { file, line } }] : [];
  });
}

/** What is left out, each with the reason. */
export function leftOut(files: readonly string[], texts: Readonly<Record<string, string>>): readonly Evidence[] {
  return unusableIn(files, texts)
    .filter(({ dispensable }) => dispensable)
    .map(({ name, why, where }) => ({ says: `${name} is left out of the requirements: ${why}`, where }));
}

/** What only the owner can put right: all lines at once. */
export function unusableProblem(
  files: readonly string[],
  texts: Readonly<Record<string, string>>,
): Problem | undefined {
  const found = unusableIn(files, texts).filter(({ dispensable }) => !dispensable);
  const [first] = found;
  if (!first) return undefined;
  const names = found.map(({ name }) => name);
  const shown = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
  return {
    code: 'dependencies-unresolvable',
    summary: `${first.where.file} has ${found.length === 1 ? 'a requirement' : `${found.length} requirements`} that cannot be installed anywhere else: ${shown}`,
    detail: found.map(({ text, why, where }) => `${where.file}:${where.line}: ${text}\n  ${why}`).join('\n'),
    where: first.where,
    cure: [
      'Write each as NAME==VERSION. Where the project runs, this prints all of them so, also for conda:',
      '$ python -m pip list --format=freeze',
    ],
  };
}
