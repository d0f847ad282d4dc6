/** What a terminal could take for a command: other programs' output passes here before it is shown. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const control = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

/** Text of unknown origin made harmless for a terminal; tabs and line ends stay. */
export function harmless(text: string): string {
  return text.replaceAll(control, '');
}

/** A value as JSON that a terminal takes for nothing but text: JSON itself escapes only the oldest control characters. */
export function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    control,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `text` with each line behind `prefix`. */
export function indent(text: string, prefix = '  '): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : prefix + line))
    .join('\n');
}

/** Cuts a line to `width` characters, the last of them '…' where something is missing. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** `1 service`, `2 services`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** Rows as columns that are as wide as their widest cell; `right` names the columns that are flush right. Cells may be coloured after measuring with `paint`. */
export function table(
  rows: readonly (readonly string[])[],
  options: {
    readonly right?: readonly number[];
    readonly paint?: (text: string, row: number, column: number) => string;
  } = {},
): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row, index) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - cell.length);
        const painted = options.paint?.(cell, index, column) ?? cell;
        if (options.right?.includes(column)) return space + painted;
        return column === row.length - 1 ? painted : painted + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Tenths only below ten seconds and where there are any: `0.4 s`, `12 s`, `2 min 5 s`, `3 h 20 min`, `5 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return two(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return two(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function two(first: number, unit: string, second: number, smaller: string): string {
  return second === 0 ? `${first} ${unit}` : `${first} ${unit} ${second} ${smaller}`;
}

/** `85 MB`; powers of ten. */
export function bytes(number: number): string {
  if (number < 1e6) return `${Math.round(number / 1e3)} kB`;
  if (number < 1e9) return `${Math.round(number / 1e6)} MB`;
  return `${(number / 1e9).toFixed(1)} GB`;
}

/** `14:03:09` in the machine's time zone. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? '--:--:--'
    : [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `2026-12-01` in UTC. */
export function day(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toISOString().slice(0, 10);
}
