import { failed, ok, type Problem, type Result } from '../problems/problem.ts';

/** A dot matches everything: U+2028 ends a line for JavaScript, and for nobody who writes a `.env`. */
const assignment = /^(?:export\s+)?([^=\s]+)\s*=\s*(.*)$/s;
const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const byteOrderMark = '\uFEFF';

/**
 * The variables of a `.env` file. Values are literal: nothing is expanded, `$()` and `${}` stay as they stand. Quotes around a
 * whole value go; in double quotes \n, \t, \" and \\ are escapes; ` #` begins a comment outside quotes.
 * Every line that is not understood is a problem of its own, with its place and without its value.
 */
export function parseDotenv(text: string, file: string): Result<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  const lines = (text.startsWith(byteOrderMark) ? text.slice(1) : text).split(/\r?\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = assignment.exec(line) ?? [];
    const unquoted = value === undefined ? undefined : unquote(value);
    const wrong = line.includes('\0')
      ? 'has a NUL byte'
      : name === undefined
        ? 'is not NAME=VALUE'
        : !variableName.test(name)
          ? `does not begin with a variable's name (letters, digits, underscores)`
          : unquoted === undefined
            ? 'has a quote that does not end on the same line'
            : undefined;
    if (wrong !== undefined) {
      problems.push({
        code: 'bad-arguments',
        summary: `Line ${index + 1} of ${file} ${wrong}`,
        where: { file, line: index + 1 },
        cure: [
          'Write each variable on one line: NAME=VALUE or NAME="VALUE".',
          'Give a value of several lines on standard input: `roadie env set SITE NAME=- < FILE`.',
        ],
      });
    } else if (name !== undefined && unquoted !== undefined) {
      values[name] = unquoted;
    }
  }
  const [first, ...rest] = problems;
  return first ? failed(first, ...rest) : ok(values);
}

/** Undefined where a quote does not end. */
function unquote(value: string): string | undefined {
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value.replace(/\s+#.*$/, '').trimEnd();
  const pattern = quote === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/s : /^'([^']*)'\s*(?:#.*)?$/s;
  const inner = pattern.exec(value)?.[1];
  if (inner === undefined || quote === "'") return inner;
  return inner.replaceAll(
    /\\(.)/gs,
    (whole, letter: string) => ({ n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' })[letter] ?? whole,
  );
}

/** Whether that can be the name of a variable. */
export function isVariableName(name: string): boolean {
  return variableName.test(name);
}
