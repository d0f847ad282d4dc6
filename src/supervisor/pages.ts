import type { Clock } from '../machine/clock.ts';
import type { httpPage } from '../machine/network/http-probe.ts';
import { pause } from './waiting.ts';

/** The last answer to a page, at the end of its redirects. */
export type Page = NonNullable<Awaited<ReturnType<typeof httpPage>>>;

/** Asks a page; undefined where no answer came in time. */
export type AskPage = (path: string) => Promise<Page | undefined>;

/** How often a page has to fail in a row, and the milliseconds in between: what was just starting up may need a moment. */
const times = 3;
const interval = 500;

/**
 * Why a release is refused although its readiness holds: a page that visitors come to first answers 5xx. Anything below is an
 * answer: a project without a front page says 404, one behind a login 403. No answer in time says nothing: a front page can be slow
 * and costly. Where a release serves (`before`), only what it answers counts: what failed already is no reason to keep it. Undefined
 * where all do well.
 */
export async function failingPage(
  paths: readonly string[],
  {
    ask,
    before,
    clock,
    signal,
  }: {
    readonly ask: AskPage;
    readonly before?: AskPage | undefined;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  for (const path of paths) {
    const page = await lastFailure(path, ask, clock, signal);
    if (!page) continue;
    const served = before && (await before(path));
    if (!before || (served && served.status < 500)) return `answered GET ${page.path} with ${page.status}`;
  }
  return undefined;
}

async function lastFailure(path: string, ask: AskPage, clock: Clock, signal: AbortSignal): Promise<Page | undefined> {
  for (let time = 1; ; time += 1) {
    const page = await ask(path);
    if (!page || page.status < 500 || signal.aborted) return undefined;
    if (time === times) return page;
    await pause(clock, interval, signal);
  }
}
