import { sitePaths } from '../components/nginx/edge-place.ts';
import type { SiteRecord } from '../blueprint/site.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { Clock } from '../machine/clock.ts';
import type { Layout } from '../machine/layout.ts';
import { describeFile } from '../machine/files.ts';
import { lastLines } from '../machine/log-files.ts';
import type { SiteRecords } from '../machine/site-records.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { countRequests, decideBake, type Requests } from './bake.ts';
import type { EventLog } from './event-log.ts';
import type { JobRunner } from './job-runner.ts';

/** How often a release that is watched is looked at: NGINX writes its log every 2 s at the latest. */
const intervalMs = 2000;

/** Lines of the access log from before the switch that say what is usual. */
const usualLines = 500;

type Watched = {
  readonly bake: NonNullable<SiteRecord['bake']>;
  /** Length of the access log at the switch, in bytes. */
  readonly from: number;
  readonly before: Requests;
  /** Restarts of the site's services at the switch, by service. */
  readonly restarts: ReadonlyMap<string, number>;
};

type Parts = {
  readonly layout: Layout;
  readonly records: Pick<SiteRecords, 'all' | 'read'>;
  readonly supervisor: Pick<Supervisor, 'status'>;
  readonly events: Pick<EventLog, 'emit'>;
  readonly jobs: Pick<JobRunner, 'run'>;
  readonly clock: Clock;
};

/**
 * Watches each release for a while after its switch and goes back where it does badly. One timer, and only while there is
 * something to watch. What it watches stands in the site's record, so a new daemon goes on with it.
 */
export class BakeWatch {
  readonly #parts: Parts;
  readonly #watched = new Map<string, Watched>();
  #cancel: (() => void) | undefined;
  #looking = false;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** At the daemon's start: goes on with what is still to be watched. */
  async resume(): Promise<void> {
    for (const record of await this.#parts.records.all()) await this.#begin(record);
  }

  /** Takes note of a switch. */
  readonly onEvent = (event: RoadieEvent): void => {
    if (event.type !== 'release-switched' || event.site === undefined) return;
    this.#watched.delete(event.site);
    void this.#parts.records
      .read(event.site)
      .then((record) => (record ? this.#begin(record) : undefined))
      .catch(() => undefined);
  };

  /** Looks at nothing any more. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #begin(record: SiteRecord): Promise<void> {
    const { bake, name } = record;
    if (!bake || bake.release !== record.release?.id || Date.parse(bake.until) <= this.#parts.clock.now()) return;
    const log = this.#accessLog(name);
    const from = (await describeFile(log))?.size ?? 0;
    const before = countRequests(await lastLines(log, usualLines));
    this.#watched.set(name, { bake, from, before, restarts: this.#restarts(name) });
    this.#lookLater();
  }

  /** At most one look is awaited or under way: two at once could both decide to go back. */
  #lookLater(): void {
    if (this.#closed || this.#looking || this.#cancel || this.#watched.size === 0) return;
    this.#cancel = this.#parts.clock.after(intervalMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#cancel = undefined;
    this.#looking = true;
    for (const [site, watched] of this.#watched) {
      try {
        await this.#lookAt(site, watched);
      } catch (error) {
        // One site's log must not end the watch over the others.
        this.#watched.delete(site);
        const text = `Release ${watched.bake.release} is no longer watched: ${String(error)}`;
        this.#parts.events.emit({ type: 'note', level: 'warning', site, text });
      }
    }
    this.#looking = false;
    this.#lookLater();
  }

  async #lookAt(site: string, { bake, from, before, restarts }: Watched): Promise<void> {
    const { clock, events, jobs } = this.#parts;
    const since = countRequests(await lastLines(this.#accessLog(site), Number.MAX_SAFE_INTEGER, from));
    const crashes = [...this.#restarts(site)].reduce(
      (sum, [name, now]) => sum + Math.max(0, now - (restarts.get(name) ?? 0)),
      0,
    );
    const because = decideBake({ since, before, crashes }, bake.limits);
    if (because !== undefined) {
      this.#watched.delete(site);
      const text = `Release ${bake.release} is given up and ${bake.previous} comes back: ${because}`;
      events.emit({ type: 'note', level: 'warning', site, text });
      void jobs.run({ kind: 'rollback', site, release: bake.previous, force: false, because }, () => undefined);
    } else if (Date.parse(bake.until) <= clock.now()) {
      this.#watched.delete(site);
      const text = `Release ${bake.release} has proven itself for ${bake.limits.seconds} s: ${since.all} requests, ${since.failed} failed`;
      events.emit({ type: 'note', level: 'info', site, text });
    }
  }

  #restarts(site: string): ReadonlyMap<string, number> {
    const services = this.#parts.supervisor.status().find((group) => group.group === site)?.services ?? [];
    return new Map(services.map((service) => [service.name, service.restarts]));
  }

  #accessLog(site: string): string {
    return sitePaths(this.#parts.layout.edge, site).accessLog;
  }
}
