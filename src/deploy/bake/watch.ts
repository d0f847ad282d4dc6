import { dirname } from 'node:path';

import { commonSitePaths } from '../../components/edge/place.ts';
import type { SiteRecord } from '../../sites/record.ts';
import type { Emit, RoadieEvent } from '../../contract/events.ts';
import type { JobRequest } from '../../contract/jobs.ts';
import type { Releases } from '../../contract/releases.ts';
import type { JobEnd } from '../../contract/results.ts';
import type { Clock } from '../../machine/clock.ts';
import { ensureFolder } from '../../machine/files/files.ts';
import { bakeState, type Layout } from '../../machine/layout.ts';
import { markBeforeEnd, readLines } from '../../machine/logs/log-reader.ts';
import { lastLines } from '../../machine/logs/log-files.ts';
import type { SiteRecords } from '../../sites/store.ts';
import { StateFile } from '../../machine/files/state-file.ts';
import type { Ran, Scheduler } from '../../schedule/scheduler.ts';
import type { Supervisor } from '../../supervisor/supervisor.ts';
import { type Alarm, stuckAlarm } from '../hold.ts';
import { parseAccessLine } from './access-line.ts';
import { BakedRelease, type Kept, restartsOf, switchedAt, usualCrashesMs } from './baked-release.ts';
import { baselineOf } from './decide.ts';

/** How often a release that is watched is looked at: the edge writes its log every 2 s at the latest. */
const intervalMs = 2000;

/** How much of the access log from before the switch says what is usual: some thousand requests. */
const usualBytes = 512 * 1024;

/** What the daemon itself keeps of the watch, by site: the records of sites are the jobs' to write. */
type BakeState = {
  readonly watched: Readonly<Record<string, Kept>>;
  /** Releases that should have been left and could not be. */
  readonly stuck: Readonly<Record<string, Alarm & { readonly release: string }>>;
};

type Parts = {
  readonly layout: Layout;
  readonly records: Pick<SiteRecords, 'all' | 'read'>;
  readonly supervisor: Pick<Supervisor, 'status' | 'ask' | 'serviceLogs'>;
  readonly events: { readonly emit: Emit };
  readonly jobs: { run(request: JobRequest): Promise<JobEnd> };
  readonly clock: Clock;
  readonly schedule: Pick<Scheduler, 'put' | 'drop'>;
};

/**
 * Watches each release for a while after its switch and goes back where it does badly: a task of the schedule for each, and
 * only as long as it is watched. What it watches stands in the site's record, and what was usual before in a file of its own, so a new
 * daemon goes on with it.
 */
export class BakeWatch {
  readonly #parts: Parts;
  readonly #file: StateFile<BakeState>;
  readonly #watched = new Map<string, BakedRelease>();
  readonly #leaving = new Map<string, BakedRelease['bake']>();
  /** When services ended unwantedly, by site. Milliseconds since 1970. */
  readonly #crashes = new Map<string, number[]>();
  #state: BakeState = { watched: {}, stuck: {} };
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#file = new StateFile(bakeState(parts.layout.state));
  }

  /** At the daemon's start: goes on with what is still to be watched. */
  async resume(): Promise<void> {
    // What was usual is worth less than a daemon that starts.
    this.#state = (await this.#file.read().catch(() => undefined)) ?? this.#state;
    const records = await this.#parts.records.all();
    const live = new Map(records.map(({ name, release }) => [name, release?.id]));
    const watched = Object.entries(this.#state.watched).filter(([site]) => live.has(site));
    this.#state = { watched: Object.fromEntries(watched), stuck: ofLive(this.#state.stuck, live) };
    for (const record of records) await this.#begin(record);
  }

  /** Takes note of a switch, and of crashes. */
  readonly onEvent = (event: RoadieEvent): void => {
    const { site } = event;
    if (site === undefined) return;
    if (event.type === 'service-changed' && isCrash(event)) this.#crashed(site);
    if (event.type !== 'release-switched') return;
    this.#forget(site);
    void this.#parts.records
      .read(site)
      .then((record) => (record ? this.#begin(record) : undefined))
      .catch(() => undefined);
  };

  /** The release of a site that is watched or is being left, and where it goes back to. */
  viewOf(site: string): Releases['bake'] | undefined {
    const leaving = this.#leaving.get(site);
    const watched = this.#watched.get(site);
    const bake = leaving ?? watched?.bake;
    if (!bake) return undefined;
    const { release, previous, until } = bake;
    return {
      release,
      previous,
      until,
      state: leaving ? 'going-back' : 'watched',
      doubt: watched?.suspicion ?? null,
    };
  }

  /** That a site serves a release which should have been left; undefined where it does not. */
  alarmOf({ name, release }: SiteRecord): Alarm | undefined {
    const stuck = this.#state.stuck[name];
    return stuck?.release === release?.id ? stuck : undefined;
  }

  /** Looks at nothing any more. */
  close(): void {
    this.#closed = true;
    for (const site of this.#watched.keys()) this.#forget(site);
  }

  #forget(site: string): void {
    this.#parts.schedule.drop('bake', site);
    this.#watched.delete(site);
  }

  async #begin(record: SiteRecord): Promise<void> {
    const { bake, name } = record;
    if (!bake || bake.release !== record.release?.id || Date.parse(bake.until) <= this.#parts.clock.now()) return;
    if (this.#watched.get(name)?.bake.release === bake.release) return;
    const { supervisor } = this.#parts;
    const accessLog = commonSitePaths(this.#parts.layout.edge, name).accessLog;
    const earlier = this.#state.watched[name];
    const fresh = earlier?.release === bake.release ? earlier : await this.#before(name, bake, accessLog);
    // What a release has done that did not prove itself is not what is usual.
    const kept = earlier && earlier.release === bake.passedBy ? { ...fresh, baseline: earlier.baseline } : fresh;
    this.#keep({ ...this.#state, watched: { ...this.#state.watched, [name]: kept } });
    this.#forget(name);
    const watched = new BakedRelease(bake, kept, { site: name, accessLog, supervisor, web: webOf(record) });
    this.#watched.set(name, watched);
    if (this.#closed) return;
    const run = (): Promise<Ran> => this.#look(name, watched);
    this.#parts.schedule.put({ task: 'bake', site: name, everyMs: intervalMs, firstMs: intervalMs, run });
  }

  /** What was usual before the switch. Where the log has something from after it already, the first look reads that again. */
  async #before(site: string, bake: BakedRelease['bake'], accessLog: string): Promise<Kept> {
    const switched = switchedAt(bake);
    const begin = await markBeforeEnd(accessLog, usualBytes);
    const { lines, mark: end } = await readLines(accessLog, begin);
    const older = (begin?.at ?? 0) === 0 ? await lastLines(`${accessLog}.1`, Number.MAX_SAFE_INTEGER) : [];
    const answers = [...older, ...lines].flatMap((line) => parseAccessLine(line) ?? []);
    return {
      release: bake.release,
      mark: answers.some(({ began }) => began >= switched) ? begin : end,
      baseline: baselineOf(answers.filter(({ began }) => began < switched)),
      restarts: Object.fromEntries(restartsOf({ site, supervisor: this.#parts.supervisor })),
      crashesBefore: (this.#crashes.get(site) ?? []).filter((at) => at > switched - usualCrashesMs && at < switched)
        .length,
    };
  }

  async #look(site: string, watched: BakedRelease): Promise<Ran> {
    const { release } = watched.bake;
    try {
      await this.#lookAt(site, watched);
    } catch (error) {
      if (this.#end(site, watched)) {
        const text = `Release ${release} is no longer watched: ${String(error)}`;
        this.#parts.events.emit({ type: 'note', level: 'warning', site, text });
      }
    }
    return { result: watched.suspicion ?? `release ${release} does well`, nextMs: intervalMs };
  }

  async #lookAt(site: string, watched: BakedRelease): Promise<void> {
    const { clock, events } = this.#parts;
    const { bake } = watched;
    const because = await watched.look(clock.now());
    // Another release may have come meanwhile, or the site have gone.
    const record = await this.#parts.records.read(site);
    if (this.#watched.get(site) !== watched || this.#closed) return;
    if (record?.release?.id !== bake.release) this.#end(site, watched);
    else if (because !== undefined) {
      // What was usual stays: the next release may come before this one is left.
      this.#forget(site);
      void this.#goBack(site, bake, because);
    } else if (Date.parse(bake.until) <= clock.now()) {
      this.#end(site, watched);
      const { all, failed } = watched.requests;
      const text = `Release ${bake.release} has proven itself for ${bake.limits.seconds} s: ${all} requests, ${failed} failed`;
      events.emit({ type: 'note', level: 'info', site, text });
      const met = watched.suspicion;
      if (met === undefined) return;
      const unsure = `${met}. Roadie could not confirm it with requests of its own, so the release stays: \`roadie logs ${site} web\` tells what visitors met, \`roadie rollback ${site}\` goes back`;
      events.emit({ type: 'note', level: 'warning', site, text: unsure });
    }
  }

  async #goBack(site: string, bake: BakedRelease['bake'], because: string): Promise<void> {
    const { events, jobs, clock } = this.#parts;
    const { release, previous } = bake;
    this.#leaving.set(site, bake);
    const text = `Release ${release} is given up and ${previous} comes back: ${because}`;
    events.emit({ type: 'note', level: 'warning', site, text });
    const end = await jobs.run({ kind: 'rollback', site, release: previous, force: false, because });
    this.#leaving.delete(site);
    const problem = end.outcome === 'failed' ? end.problems[0] : undefined;
    // Outdated: somebody has released something else meanwhile, and that is watched in its turn.
    if (!problem || problem.code === 'plan-outdated') return;
    const alarm = stuckAlarm({ site, release, previous, because, problem, now: clock.now() });
    this.#keep({ ...this.#state, stuck: { ...this.#state.stuck, [site]: { ...alarm, release } } });
    events.emit({ type: 'alarm', site, text: alarm.text, cure: alarm.cure });
  }

  /** Watches that release no more. False where another is watched already. */
  #end(site: string, watched: BakedRelease): boolean {
    if (this.#watched.get(site) !== watched) return false;
    this.#forget(site);
    const { [site]: _, ...others } = this.#state.watched;
    this.#keep({ ...this.#state, watched: others });
    return true;
  }

  #keep(state: BakeState): void {
    this.#state = state;
    const write = async (): Promise<void> => {
      await ensureFolder(dirname(this.#file.path), { mode: 0o700 });
      await this.#file.write(state);
    };
    // Where it cannot be written, only a new daemon would miss it.
    this.#writing = this.#writing.then(write).catch(() => undefined);
  }

  #crashed(site: string): void {
    const now = this.#parts.clock.now();
    const recent = (this.#crashes.get(site) ?? []).filter((at) => at > now - 2 * usualCrashesMs);
    this.#crashes.set(site, [...recent.slice(-100), now]);
  }
}

/** What is still about the release that is live. */
function ofLive<T extends { readonly release: string }>(
  bySite: Readonly<Record<string, T>>,
  live: ReadonlyMap<string, string | undefined>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(bySite).filter(([site, { release }]) => live.get(site) === release));
}

/** The service that visitors reach: the one that is asked over HTTP whether it is ready. */
function webOf({ group }: SiteRecord): { readonly service: string; readonly healthPath: string } | undefined {
  for (const { name, readiness } of group?.services ?? [])
    if (readiness.probe.kind === 'http') return { service: name, healthPath: readiness.probe.path };
  return undefined;
}

/** An end that nobody wanted: it is started again at once, or later. */
function isCrash({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return to === 'waiting' || to === 'failed' || (from === 'ready' && to === 'starting');
}
