import { type ReadAccessLine, requestLine } from '../edge/access-log.ts';

// NGINX writes `"`, `\` and all that is not printable ASCII as \xNN, so a quotation mark is always one of its own, and nothing
// that a client sends can look like the fields after it.
const text = String.raw`[^"\\]*(?:\\x[0-9A-F]{2}[^"\\]*)*`;
const seconds = String.raw`\d+\.\d{3}`;
/** One value of each try. */
const list = (value: string): string => String.raw`((?:-|${value})(?:(?:, | : )(?:-|${value}))*)`;
const format = new RegExp(
  String.raw`^(\S+) - [^"]* \[([0-9T:+-]{19,25})\] "(${text})" (\d{3}) \d+ "${text}" "${text}" \S+ (${seconds}) ${list(seconds)} ${list(String.raw`\d{3}`)} ${list(seconds)} (?:[0-9a-f]{32}|-)$`,
);

/** Reads what `log_format` in `main-configuration.ts` writes. */
export const readNginxLine: ReadAccessLine = (line) => {
  const fields = format.exec(line);
  if (!fields) return undefined;
  const [, address = '', time = '', request = '', status = '', took = '', times = '', statuses = '', headers = ''] =
    fields;
  const asked = requestLine(request);
  // Nothing was passed on.
  if (!asked || lastOf(times) === '-') return undefined;
  const tries = headers.split(/, | : /);
  const aborted = status === '499';
  return {
    address,
    ended: Date.parse(time),
    seconds: Number(took),
    ...asked,
    answered: tries.at(-1) === '-' ? null : Number(lastOf(statuses)),
    aborted,
    broken: aborted || tries.includes('-'),
  };
};

function lastOf(values: string): string {
  return values.split(/, | : /).at(-1) ?? '-';
}
