import type { WebSetting } from '../services/web-setting.ts';
import { sayingOf } from './settings.ts';

/** What a setting came to under load. */
export type Measured = WebSetting & {
  readonly requestsPerSecond: number;
  /** The time within which 95 of 100 answers came, in milliseconds. */
  readonly p95Ms: number;
  /** Of all its processes, under load; null where it is not known. */
  readonly memoryBytes: number | null;
  /** Requests without an answer, or with one from 500 on. */
  readonly failed: number;
};

export type Recommendation = { readonly setting: WebSetting; readonly because: string };

/** A setting that is less than this better than another is as good as it: runs differ by as much. */
const notable = 1.05;

/**
 * The setting to run with: the one that answers most requests of those that failed none and fit into the memory; of those that
 * are about as good the one that takes least memory; and what runs now unless another is notably better. `now` is the first.
 */
export function recommend(measured: readonly [Measured, ...Measured[]], memoryBytes: number): Recommendation {
  const [now] = measured;
  const fit = measured.filter(({ failed, memoryBytes: needs }) => failed === 0 && (needs ?? 0) <= memoryBytes);
  const best = fit.toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond)[0];
  if (!best) return { setting: settingOf(now), because: 'no setting answered all requests within the memory there is' };
  const asGood = fit.filter(({ requestsPerSecond }) => requestsPerSecond * notable >= best.requestsPerSecond);
  if (asGood.includes(now)) return { setting: settingOf(now), because: 'none answers notably more requests' };
  const chosen = asGood.toSorted((a, b) => (a.memoryBytes ?? 0) - (b.memoryBytes ?? 0))[0] ?? best;
  const more = Math.round(100 * (chosen.requestsPerSecond / now.requestsPerSecond - 1));
  const because =
    now.failed > 0 || now.requestsPerSecond === 0
      ? `${sayingOf(now)}, as it runs now, failed under load`
      : `${more} % more requests a second than ${sayingOf(now)}, as it runs now`;
  return { setting: settingOf(chosen), because };
}

function settingOf({ workers, threads }: Measured): WebSetting {
  return { workers, threads };
}
