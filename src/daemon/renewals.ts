import { readCertificate } from '../certificates/certificate.ts';
import { inspectCertificate } from '../certificates/ensure.ts';
import { renewalTime } from '../certificates/renewal.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { Clock } from '../machine/clock.ts';
import type { Layout } from '../machine/layout.ts';
import { servedCertificate } from '../machine/network/served-certificate.ts';
import { intervalOf } from '../schedule/due.ts';
import type { Ran, Scheduler } from '../schedule/scheduler.ts';
import type { SiteRecord } from '../sites/record.ts';
import type { SiteRecords } from '../sites/store.ts';
import type { EventLog } from './event-log.ts';
import type { JobRunner } from './job-runner.ts';

/** Twice a day, as authorities ask for: what is renewed is not only what was foreseen. Milliseconds. */
const everyMs = 12 * 3_600_000;

/** So long a look waits for the end of an operation. Milliseconds. */
const whileBusyMs = 60_000;

type Parts = {
  readonly layout: Layout;
  readonly records: Pick<SiteRecords, 'all' | 'read'>;
  readonly events: Pick<EventLog, 'emit'>;
  readonly jobs: Pick<JobRunner, 'run' | 'running'>;
  readonly clock: Clock;
  readonly schedule: Pick<Scheduler, 'put' | 'drop'>;
  /** Asks for the certificate that is served, PEM; tests give their own. */
  readonly served?: typeof servedCertificate;
};

/**
 * Sees to it that the certificate of a site that nobody touches is renewed in time, and that the one on the disk is the one that
 * visitors get. The looks are the daemon's, two small files and a handshake; the renewal is a job.
 */
export class Renewals {
  readonly #parts: Parts;
  readonly #sites = new Set<string>();
  /** Sites of which was told that the renewal fails. */
  readonly #told = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes note of the sites that there are: at the start, and after each operation. */
  async refresh(): Promise<void> {
    const { records, schedule } = this.#parts;
    const names = new Set((await records.all()).filter(({ release }) => release).map(({ name }) => name));
    for (const site of this.#sites) {
      if (names.has(site)) continue;
      this.#sites.delete(site);
      schedule.drop('certificate', site);
    }
    for (const site of names) {
      if (this.#sites.has(site)) continue;
      this.#sites.add(site);
      schedule.put({ task: 'certificate', site, everyMs, run: () => this.#look(site) });
    }
  }

  /** An operation may have brought a site up, or taken one down. */
  readonly onEvent = (event: RoadieEvent): void => {
    if (event.type === 'job-finished') void this.refresh().catch(() => undefined);
  };

  async #look(site: string): Promise<Ran> {
    const { jobs, records } = this.#parts;
    const record = await records.read(site);
    if (!record?.release) return { result: 'there is no release' };
    // It may be changing just that.
    if (jobs.running) return { result: 'an operation is running', nextMs: whileBusyMs };
    const because = await this.#cause(record);
    if (because !== undefined) await this.#renew(site, because);
    const { existing } = await this.#inspect(record);
    if (!existing) throw new Error('there is no certificate');
    if (this.#told.delete(site)) this.#note(site, 'info', 'The certificate is in order again');
    const usual = intervalOf(everyMs, `certificate/${site}`);
    // Not a moment before, or the next look is in vain.
    const due = Math.max(renewalTime(existing).getTime() - this.#parts.clock.now(), 1000);
    const until = `valid until ${existing.notAfter.toISOString()}`;
    return { result: because === undefined ? until : `renewed, ${until}`, nextMs: Math.min(usual, due) };
  }

  /** Why the certificate has to be renewed, or handed to the edge again; undefined where it is in order. */
  async #cause(record: SiteRecord): Promise<string | undefined> {
    const { needed, because, existing } = await this.#inspect(record);
    if (needed || !existing) return because;
    const served = await (this.#parts.served ?? servedCertificate)(record.domains[0], record.ports.https);
    const serial = readCertificate(served)?.serial;
    // A job may have been killed between the new file and the reload. A site whose edge is down has other troubles.
    return serial === undefined || serial === existing.serial
      ? undefined
      : `the edge serves another certificate, with the serial number ${serial}`;
  }

  async #renew(site: string, because: string): Promise<void> {
    const end = await this.#parts.jobs.run({ kind: 'renew', site });
    if (end.outcome === 'done') return;
    const reason = end.problems[0]?.summary;
    // Once, not each time.
    if (!this.#told.has(site))
      this.#note(
        site,
        'warning',
        `The certificate has to be renewed (${because}), and that failed: ${reason}. It is tried again`,
      );
    this.#told.add(site);
    throw new Error(reason);
  }

  #inspect({ name, domains }: SiteRecord): ReturnType<typeof inspectCertificate> {
    const now = new Date(this.#parts.clock.now());
    return inspectCertificate({ layout: this.#parts.layout, site: name, domains, now });
  }

  #note(site: string, level: 'info' | 'warning', text: string): void {
    this.#parts.events.emit({ type: 'note', level, site, text });
  }
}
