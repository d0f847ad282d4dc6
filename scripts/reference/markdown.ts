/** A table; the cells are Markdown already. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(headings), `|${headings.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** A bar ends a cell even within backquotes, and so does a line break. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}

/** Text in a monospaced font, also where it has backquotes in it. */
export function mono(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** A block of text as it is. */
export function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

/** A whole page, with the remark that nobody need edit it. Parts are set apart by empty lines; empty ones are left out. */
export function page(title: string, parts: readonly string[]): string {
  const remark = '<!-- Made by `npm run docs`. Edit the sources that it is made from instead. -->';
  return `${[`# ${title}`, remark, ...parts.filter((part) => part !== '')].join('\n\n')}\n`;
}

/** A sentence with its capital and its full stop. A name in backquotes stays as it is. */
export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}

/** The anchor that a heading gets: small letters, blanks as hyphens, no other punctuation. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}
