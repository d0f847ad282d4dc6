import type { SiteRecord } from '../sites/record.ts';

type Held = NonNullable<SiteRecord['held']>;
type Rollback = NonNullable<SiteRecord['rollbacks']>[number];

/** What needs a person, with what to do about it. */
export type Alarm = {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly text: string;
  /** Most likely first; a line that starts with `$ ` is a command to type. */
  readonly cure: readonly [string, ...string[]];
};

/** So many rollbacks by the watch within so much time, and a person has to look: a repository must not send a site back and forth. */
const inRow = { most: 3, withinMs: 6 * 3_600_000 };

/** After the second rollback a later commit has to wait. */
const pauseMs = 600_000;

/** How many rollbacks are remembered. */
const remembered = 10;

/**
 * From when on a later commit is released by itself, in milliseconds since 1970; 0 where nothing is held. Undefined: not until
 * somebody deploys, since a person has gone back, or the watch has had to go back too often.
 */
export function nextTry({ held, rollbacks = [] }: Pick<SiteRecord, 'held' | 'rollbacks'>): number | undefined {
  if (!held) return 0;
  if (held.givenUp === undefined) return undefined;
  const count = rollbacksInRow(rollbacks);
  if (count >= inRow.most) return undefined;
  return Date.parse(held.since) + (count > 1 ? pauseMs : 0);
}

/** Those of the last hours, counted back from the newest. */
function rollbacksInRow(rollbacks: readonly Rollback[]): number {
  const newest = rollbacks.at(-1);
  if (!newest) return 0;
  return rollbacks.filter(({ at }) => Date.parse(newest.at) - Date.parse(at) < inRow.withinMs).length;
}

/** A site's record after the watch has sent it back from a release. */
export function heldByWatch(record: SiteRecord, held: Held & { readonly givenUp: Omit<Rollback, 'at'> }): SiteRecord {
  const rollbacks = [...(record.rollbacks ?? []), { at: held.since, ...held.givenUp }].slice(-remembered);
  return { ...record, held, rollbacks };
}

/** Why a hold needs a person, and what it waits for; undefined where a person has set it, who knows. */
export function holdAlarm(record: Pick<SiteRecord, 'name' | 'held' | 'rollbacks' | 'follow'>): Alarm | undefined {
  const { name, held, follow } = record;
  if (held?.givenUp === undefined) return undefined;
  const next = nextTry(record);
  const deploy = `$ roadie deploy ${name}`;
  const looking = [`What it did: \`roadie logs ${name} web\`, \`roadie events\``];
  return {
    since: held.since,
    text: `Release ${held.givenUp.release} was given up, and ${held.release} serves again: ${held.because}`,
    cure:
      next === undefined
        ? [
            `Nothing more is released by itself: that was rollback ${rollbacksInRow(record.rollbacks ?? [])} within ${inRow.withinMs / 3_600_000} hours. When the cause is gone:`,
            deploy,
            ...looking,
          ]
        : follow
          ? [
              `Push a fix: the next commit is released by itself${next > Date.parse(held.since) ? `, from ${new Date(next).toISOString()} on` : ''}. To try the same once more:`,
              deploy,
              ...looking,
            ]
          : ['Fix the project, and release it:', deploy, ...looking],
  };
}

/** That a release should have been left, and the way back is closed. */
export function stuckAlarm(found: {
  readonly site: string;
  readonly release: string;
  readonly previous: string;
  readonly because: string;
  readonly problem: { readonly summary: string };
  readonly now: number;
}): Alarm {
  const { site, release, previous, because, problem } = found;
  return {
    since: new Date(found.now).toISOString(),
    text: `Release ${release} serves and does badly (${because}), and ${previous} could not come back: ${problem.summary}`,
    cure: [
      'Fix the project, and release it:',
      `$ roadie deploy ${site}`,
      'Or go back by hand, to this or another release:',
      `$ roadie rollback ${site}`,
      `What it did: \`roadie logs ${site} web\`, \`roadie events\``,
    ],
  };
}
