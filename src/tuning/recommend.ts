import type { WebChoice } from '../services/web-setting.ts';
import { isSameServer } from './candidates.ts';
import { nameOfServer, sayingOf } from './settings.ts';

/** What a server and its setting came to under load. */
export type Measured = WebChoice & {
  readonly requestsPerSecond: number;
  /** The time within which 95 of 100 answers came, in milliseconds. */
  readonly p95Ms: number;
  /** Of all its processes, under load; null where it is not known. */
  readonly memoryBytes: number | null;
  /** Requests without an answer, or with one from 500 on. */
  readonly failed: number;
};

export type Recommendation = { readonly choice: WebChoice; readonly because: string };

/** A setting that is less than this better than another is as good as it: runs differ by as much. */
const notable = 1.05;

/**
 * The server and setting to run with: what answers most requests of those that failed none and fit into the memory; of what is
 * about as good what takes least memory; and what runs now unless another is notably better. `now` is the first.
 */
export function recommend(measured: readonly [Measured, ...Measured[]], memoryBytes: number): Recommendation {
  const [now] = measured;
  const fit = measured.filter(({ failed, memoryBytes: needs }) => failed === 0 && (needs ?? 0) <= memoryBytes);
  const best = fastest(fit);
  if (!best) return { choice: choiceOf(now), because: 'no setting answered all requests within the memory there is' };
  const asGood = fit.filter(({ requestsPerSecond }) => requestsPerSecond * notable >= best.requestsPerSecond);
  if (asGood.includes(now)) return { choice: choiceOf(now), because: 'none answers notably more requests' };
  const chosen = asGood.toSorted((a, b) => (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0))[0] ?? best;
  const more = Math.round(100 * (chosen.requestsPerSecond / now.requestsPerSecond - 1));
  const runs = isSameServer(chosen, now) ? sayingOf(now) : `${nameOfServer(now)} with ${sayingOf(now)}`;
  const because =
    now.failed > 0 || now.requestsPerSecond === 0
      ? `${runs}, as it runs now, failed under load`
      : `${more} % more requests a second than ${runs}, as it runs now`;
  return { choice: choiceOf(chosen), because };
}

/** What answered most requests of what failed none; undefined where all failed some. */
export function fastest(measured: readonly Measured[]): Measured | undefined {
  return measured.filter(({ failed }) => failed === 0).toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0];
}

function choiceOf({ server, workerClass, workers, threads }: Measured): WebChoice {
  return { server, workerClass, workers, threads };
}
