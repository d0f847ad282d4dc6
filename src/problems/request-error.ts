import type { Problem } from './problem.ts';
import { tellingLines } from './traceback.ts';

/** A request that failed, as the log of its web server tells it. */
export type RequestError = {
  readonly path: string;
  /** The id that it had in `X-Request-ID`. */
  readonly request: string;
  /** Of the release that failed. */
  readonly release: string;
  /** Type, words and place of the error: `KeyError: 'TIMEOUT' at shop/context.py:67`. */
  readonly error: string;
  /** `GET / answered 500: ` and the error. */
  readonly told: string;
  /** What stands in the log up to the next such line. */
  readonly lines: readonly string[];
};

/** What `python/roadie_errors.py` writes, a minute's first of each place with its traceback. No blank in any field but the error. */
const format = /^ERROR ([A-Z?]+) (\S+) 500 request=(\S+) release=(\S+) (.+ at .+:\d+)$/;

/** All failed requests that lines of a log tell of, oldest first. */
export function requestErrors(log: readonly string[]): readonly RequestError[] {
  const found: (RequestError & { readonly lines: string[] })[] = [];
  for (const line of log) {
    const [, method, path = '', request = '', release = '', error = ''] = format.exec(line) ?? [];
    if (method === undefined) found.at(-1)?.lines.push(line);
    else found.push({ path, request, release, error, told: `${method} ${path} answered 500: ${error}`, lines: [] });
  }
  return found;
}

/**
 * What a problem says of the last of these errors that is the one asked for: its line, its traceback where that is written (for one
 * like it, where it came too often) and its place, relative to `folder`. Undefined where there is none.
 */
export function quoteRequestError(
  errors: readonly RequestError[],
  isMeant: (error: RequestError) => boolean,
  folder: string,
): (Pick<Problem, 'detail' | 'where'> & { readonly told: string }) | undefined {
  const last = errors.findLast(isMeant);
  if (!last) return undefined;
  const traced = errors.findLast(({ error, lines }) => error === last.error && lines.some(beginsTraceback));
  const [, file = '', line] = /.* at (.+):(\d+)$/.exec(last.error) ?? [];
  return {
    told: last.told,
    detail: traced ? tellingLines(traced.lines, folder).join('\n') : last.error,
    where: { file, line: Number(line) },
  };
}

/** The error that most of these failures have; undefined where there are none. */
export function mostFrequent(errors: readonly RequestError[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { error } of errors) counts.set(error, (counts.get(error) ?? 0) + 1);
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0];
}

function beginsTraceback(line: string): boolean {
  return line.startsWith('Traceback (most recent call last):');
}
