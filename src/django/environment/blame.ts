import type { EnvironmentName } from '../facts.ts';
import type { ProbeFailure } from '../probe/probe.ts';

/** Errors that no value cures. */
const unrelated = /^(ModuleNotFoundError|ImportError|SyntaxError|IndentationError|TabError|NameError|PermissionError)$/;

/** A variable with the value that it was given. */
export type Given = { readonly name: EnvironmentName; readonly value: string };

/**
 * Which of the variables that Roadie gave the settings may have choked on, the likeliest first: those that the failure names, also as a
 * field of a class of settings; those on whose value it stumbled; and those that are read on the line where it happened.
 */
export function blamed(failure: ProbeFailure, given: readonly Given[]): readonly Given[] {
  if (unrelated.test(failure.type)) return [];
  const rank = ({ name, value }: Given): number => {
    if (names(failure.text, name.name)) return 0;
    if (telling(value) && failure.text.includes(value)) return 1;
    if (name.reader === 'pydantic' && isField(failure.text, name.name)) return 2;
    const file = `/${name.where.file}`;
    const atLine = failure.file !== null && file.endsWith(`/${failure.file}`) && name.where.line === failure.line;
    if (atLine) return 3;
    // Its lines of source: what read the variable may be far from what choked on it.
    return names(failure.traceback, name.name) ? 4 : 9;
  };
  return given
    .map((one) => ({ one, rank: rank(one) }))
    .filter(({ rank }) => rank < 9)
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ one }) => one);
}

/** No mere word, which any message may have in it. */
function telling(value: string): boolean {
  return value.length >= 4 && /[^\w.-]/.test(value);
}

function names(text: string, name: string): boolean {
  return new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text);
}

/** pydantic names the field, which is the end of the variable: `field "hosts"`, or a line of its own. */
function isField(text: string, name: string): boolean {
  const fields = [...text.matchAll(/^([a-z]\w*)$|field "(\w+)"/gm)].map((found) => found[1] ?? found[2] ?? '');
  const upper = name.toUpperCase();
  return fields.some((field) => upper === field.toUpperCase() || upper.endsWith(`_${field.toUpperCase()}`));
}
