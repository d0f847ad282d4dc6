/** Text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same for people, who need the quotes only where a shell does. */
export function typed(text: string): string {
  return /^[\w@%+=:,./~#-]+$/.test(text) ? text : shellWord(text);
}
