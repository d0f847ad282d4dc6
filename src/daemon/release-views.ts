import type { SiteRecord } from '../sites/record.ts';
import type { Releases } from '../contract/releases.ts';
import { holdAlarm, nextTry } from '../deploy/hold.ts';
import type { BakeWatch } from '../deploy/bake/watch.ts';

/** What is up with a site's live release, as `status` and `releases` show it. */
export type ReleaseView = Pick<Releases, 'bake' | 'held' | 'alarms'>;

/** Whether the live release is watched or held, and what needs a person. `now` is in milliseconds since 1970. */
export function releaseView(
  record: SiteRecord,
  watch: Pick<BakeWatch, 'viewOf' | 'alarmOf'>,
  now: number,
): ReleaseView {
  return {
    bake: watch.viewOf(record.name) ?? bakeOf(record, now),
    held: heldOf(record),
    alarms: [holdAlarm(record), watch.alarmOf(record)].flatMap((alarm) =>
      alarm ? [{ since: alarm.since, text: alarm.text, cure: alarm.cure }] : [],
    ),
  };
}

/** A hold as it is told. */
export function heldOf(record: Pick<SiteRecord, 'held' | 'rollbacks'>): Releases['held'] {
  const { held } = record;
  if (!held) return null;
  const next = nextTry(record);
  const { since, release, because, givenUp } = held;
  return {
    since,
    release,
    because,
    given_up: givenUp ?? null,
    next: next === undefined ? null : new Date(next).toISOString(),
  };
}

/** From the record: between the switch and the watch's first look at it. */
function bakeOf({ bake, release }: SiteRecord, now: number): Releases['bake'] {
  if (!bake || bake.release !== release?.id || Date.parse(bake.until) <= now) return null;
  return { release: bake.release, previous: bake.previous, until: bake.until, state: 'watched', doubt: null };
}
