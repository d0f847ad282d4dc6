import type { SiteRecord } from '../sites/record.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { Watch } from '../contract/watch.ts';
import type { Clock } from '../machine/clock.ts';
import type { Layout } from '../machine/layout.ts';
import type { SiteRecords } from '../sites/store.ts';
import { ProblemError } from '../problems/problem.ts';
import { accessPlaces } from '../source/access.ts';
import { fetchUser } from '../source/fetch-user.ts';
import { decideRelease, nextLookMs } from '../source/follow.ts';
import { jitterOf } from '../schedule/due.ts';
import type { Ran, Scheduler } from '../schedule/scheduler.ts';
import { headOf } from '../source/head.ts';
import { nextTry } from '../deploy/hold.ts';
import type { Asked } from '../source/remote.ts';
import type { EventLog } from './event-log.ts';
import type { JobRunner } from './job-runner.ts';
import { heldOf } from './release-views.ts';

/** After a webhook a host may still show the commit before for a moment. */
const againAfterHookMs = 5000;

type Parts = {
  readonly layout: Layout;
  readonly records: SiteRecords;
  readonly events: EventLog;
  readonly jobs: Pick<JobRunner, 'run'>;
  readonly clock: Clock;
  readonly schedule: Pick<Scheduler, 'put' | 'drop' | 'runNow' | 'nextOf'>;
  /** Asks a repository; tests give their own. */
  readonly ask?: (follow: NonNullable<SiteRecord['follow']>) => Promise<Asked>;
};

/** What is known of one site, and what goes on for it. */
type Watched = {
  record: Pick<SiteRecord, 'name' | 'follow' | 'dealt' | 'failed' | 'held' | 'rollbacks'> & {
    readonly live: string | undefined;
    readonly secret: string | undefined;
  };
  /** The commit whose release is waiting or running. */
  releasing: string | undefined;
  /** When a hold has it tried again. Milliseconds since 1970. */
  from: number | undefined;
  /** The commit of which was said that it waits for the end of a hold. */
  waiting: string | undefined;
  seen: string | undefined;
  asked: number | undefined;
  problem: string | undefined;
  failures: number;
};

/**
 * Watches the repositories that sites follow, and has new commits released: a task of the schedule for each site. All that must survive the daemon stands in the sites' records, which jobs write.
 */
export class Watching {
  readonly #parts: Parts;
  readonly #sites = new Map<string, Watched>();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Reads all sites' records: at the start, and after each operation. */
  async refresh(): Promise<void> {
    const records = await this.#parts.records.all();
    if (this.#closed) return;
    const names = new Set(records.map((record) => record.name));
    for (const name of this.#sites.keys()) {
      if (names.has(name)) continue;
      this.#parts.schedule.drop('poll', name);
      this.#sites.delete(name);
    }
    for (const record of records) this.#take(record);
  }

  /** An operation may have changed what is followed, or what is live. */
  readonly onEvent = (event: RoadieEvent): void => {
    if (event.type === 'job-finished') void this.refresh().catch(() => undefined);
  };

  /** Has a site's repository asked at once: its webhook was called. However often that happens, one more look is made at most. */
  look(site: string): void {
    if (!this.#closed) this.#parts.schedule.runNow('poll', site);
  }

  /** As {@link look}, and once more a little later where the branch does not show what the webhook spoke of. */
  lookFor(site: string, revision: string | undefined): void {
    this.look(site);
    if (revision === undefined) return;
    this.#parts.clock.after(againAfterHookMs, () => {
      const seen = this.#sites.get(site)?.seen;
      if (seen !== undefined && seen !== revision) this.look(site);
    });
  }

  /** The secret of a site's webhook, and what it follows, if anything; undefined where the site has no webhook. */
  webhookOf(site: string):
    | {
        readonly secret: string;
        readonly follows: { readonly ref: string | undefined; readonly tags: boolean } | undefined;
      }
    | undefined {
    const record = this.#sites.get(site)?.record;
    if (record?.secret === undefined) return undefined;
    const { follow, secret } = record;
    return { secret, follows: follow && { ref: follow.ref, tags: follow.onlyStatus !== undefined } };
  }

  /** What is known of a site; undefined where there is no such site. */
  statusOf(site: string): Watch | undefined {
    const watched = this.#sites.get(site);
    if (!watched) return undefined;
    const { record, seen, asked, problem } = watched;
    const time = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());
    return {
      site,
      repository: record.follow?.repository ?? null,
      branch: record.follow?.ref ?? null,
      every_seconds: record.follow?.everySeconds ?? null,
      last_seen: seen ?? null,
      last_asked: time(asked),
      next: time(this.#parts.schedule.nextOf('poll', site)),
      problem: problem ?? null,
      webhook: record.secret !== undefined,
      held: heldOf(record),
      failed: record.failed ?? null,
    };
  }

  close(): void {
    this.#closed = true;
  }

  #take({ name, follow, dealt, failed, held, rollbacks, release, secrets }: SiteRecord): void {
    const record = {
      name,
      live: release?.revision,
      secret: secrets['webhook'],
      ...(follow && { follow }),
      ...(dealt !== undefined && { dealt }),
      ...(failed && { failed }),
      ...(held && { held }),
      ...(rollbacks && { rollbacks }),
    };
    const before = this.#sites.get(name);
    if (before && sameFollow(before.record.follow, follow)) {
      before.record = record;
      return;
    }
    const watched: Watched = {
      record,
      releasing: undefined,
      from: undefined,
      waiting: undefined,
      seen: undefined,
      asked: undefined,
      problem: undefined,
      failures: 0,
    };
    this.#sites.set(name, watched);
    const { schedule } = this.#parts;
    if (follow)
      schedule.put({
        task: 'poll',
        site: name,
        everyMs: follow.everySeconds * 1000,
        run: () => this.#lookAt(watched, follow),
      });
    else schedule.drop('poll', name);
  }

  async #lookAt(watched: Watched, follow: NonNullable<SiteRecord['follow']>): Promise<Ran> {
    const site = watched.record.name;
    try {
      const asked = await this.#ask(follow);
      if (watched.failures > 0) this.#note(site, 'info', `The repository ${follow.repository} can be read again`);
      watched.failures = 0;
      watched.problem = undefined;
      watched.seen = asked.revision;
      // It may have been taken down, or follow something else by now.
      if (this.#sites.get(site) === watched) this.#consider(watched, asked);
    } catch (error) {
      watched.failures += 1;
      watched.problem = error instanceof ProblemError ? wordsOf(error) : String(error);
      // Once, not each time.
      if (watched.failures === 1)
        this.#note(
          site,
          'warning',
          `${watched.problem}. The running release is kept, and the repository is asked again`,
        );
    }
    const now = this.#parts.clock.now();
    watched.asked = now;
    const waits = [
      ...(follow.everySeconds > 0 ? [nextLookMs(follow.everySeconds, watched.failures, jitterOf(site))] : []),
      // What waits for a time is not to wait for the next call of a webhook as well.
      ...(watched.from === undefined ? [] : [Math.max(0, watched.from - now)]),
    ];
    return {
      result: watched.problem ?? `at commit ${watched.seen?.slice(0, 12)}`,
      failed: watched.failures > 0,
      ...(waits.length > 0 && { nextMs: Math.min(...waits) }),
    };
  }

  #consider(watched: Watched, { revision, passed }: Asked): void {
    const { live, dealt, failed, held, name, rollbacks = [] } = watched.record;
    const now = this.#parts.clock.now();
    const from = nextTry(watched.record);
    watched.from = from !== undefined && from > now ? from : undefined;
    const stand = {
      head: revision,
      passed,
      live,
      dealt,
      failed: failed?.revision,
      held: from === undefined,
      from: watched.from === undefined ? undefined : new Date(watched.from).toISOString(),
      givenUp: rollbacks.map((rollback) => rollback.revision),
    };
    const { release, because } = decideRelease(stand);
    if (!release) {
      if (revision !== live) watched.problem = `commit ${revision.slice(0, 12)} is not released: ${because}`;
      const isNew = revision !== live && revision !== dealt && !stand.givenUp.includes(revision);
      if (!held || !isNew || watched.waiting === revision) return;
      watched.waiting = revision;
      const cure = from === undefined ? `: \`roadie deploy ${name}\`` : '';
      this.#note(name, 'warning', `Commit ${revision.slice(0, 12)} waits: ${because}${cure}`);
      return;
    }
    // One waits or runs; what comes meanwhile is seen by the look after it.
    if (watched.releasing !== undefined) return;
    watched.releasing = revision;
    void this.#release(watched, name, revision);
  }

  async #release(watched: Watched, site: string, revision: string): Promise<void> {
    const end = await this.#parts.jobs.run({ kind: 'follow', site, revision });
    await this.refresh().catch(() => undefined);
    watched.releasing = undefined;
    if (end.outcome === 'failed') watched.problem = end.problems[0]?.summary;
    // A newer commit may have come while this one was released.
    else this.look(site);
  }

  async #ask(follow: NonNullable<SiteRecord['follow']>): Promise<Asked> {
    if (this.#parts.ask) return this.#parts.ask(follow);
    return headOf(follow, await fetchUser(this.#parts.layout), accessPlaces(this.#parts.layout));
  }

  #note(site: string, level: 'info' | 'warning', text: string): void {
    this.#parts.events.emit({ type: 'note', level, site, text });
  }
}

function sameFollow(a: SiteRecord['follow'], b: SiteRecord['follow']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function wordsOf(error: ProblemError): string {
  const [{ summary, detail }] = error.problems;
  const last = detail?.trim().split('\n').at(-1);
  return last === undefined ? summary : `${summary}: ${last.slice(0, 300)}`;
}
