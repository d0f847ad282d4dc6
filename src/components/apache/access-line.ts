import { type ReadAccessLine, requestLine } from '../edge/access-log.ts';

/**
 * Apache's format of access logs. Behind the usual fields: the site, microseconds, the status of the application or of Apache, the
 * handler, the connection's state (`X`: the client left before the answer was complete), the status for which Apache has put a page
 * of its own in the place of an answer, and the id by which the application's own log speaks of the request.
 */
export const logFormat = String.raw`%a - - [%{end:%Y-%m-%dT%H:%M:%S%z}t] "%r" %>s %B "%{Referer}i" "%{User-Agent}i" %v %D %<s %<R %X %{REDIRECT_STATUS}e %{UNIQUE_ID}e`;

// Apache writes `"` as \", `\` as \\ and all that is not printable ASCII as \xNN or \n and the like.
const text = String.raw`[^"\\]*(?:\\.[^"\\]*)*`;
const format = new RegExp(
  String.raw`^(\S+) - - \[([0-9T:-]{19}[+-]\d{2})(\d{2})\] "(${text})" \d{3} \d+ "${text}" "${text}" \S+ (\d+) (\d{3}) (\S+) ([X+-]) (-|\d{3}) [\w@-]+$`,
);

/** Reads what {@link logFormat} writes. */
export const readApacheLine: ReadAccessLine = (line) => {
  const fields = format.exec(line);
  if (!fields) return undefined;
  const [, address = '', time = '', zone = '', request = '', took = '', status = '', handler = '', end, own = ''] =
    fields;
  const asked = requestLine(request);
  if (!asked || handler !== 'proxy-server') return undefined;
  const silent = /^50[234]$/.test(own);
  // Refused before it was passed on, such as a body that is too large.
  if (own !== '-' && !silent) return undefined;
  const aborted = end === 'X';
  return {
    address,
    ended: Date.parse(`${time}:${zone}`),
    seconds: Number(took) / 1e6,
    ...asked,
    answered: silent ? null : Number(status),
    aborted,
    broken: aborted || silent,
  };
};
