/**
 * A value as one quoted word of Apache's configuration. Throws for what no quoting makes safe: control characters, and what Apache
 * expands (`$` and `%`). Names and paths are checked long before this, so such a value is a bug.
 */
export function quoted(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (value === '' || /[\u0000-\u001f\u007f$%]/.test(value))
    throw new Error(`${JSON.stringify(value)} cannot stand in Apache's configuration`);
  return word(value);
}

/** Text of our own in quotation marks, with all that Apache expands in it. */
export function word(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** A path as a pattern of a regular expression. */
export function pattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
