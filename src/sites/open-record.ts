import type { SiteRecord } from './record.ts';
import type { SiteRecords } from './store.ts';

/** The record of a site that an operation works on: a change of it counts once it is on disk, so that a kill loses nothing. */
export class OpenRecord {
  readonly #records: Pick<SiteRecords, 'write'>;
  #current: SiteRecord;

  /** `record` need not be on disk yet: an `up` that only plans never writes it. */
  constructor(record: SiteRecord, records: Pick<SiteRecords, 'write'>) {
    this.#current = record;
    this.#records = records;
  }

  /** As it was last saved. */
  get current(): SiteRecord {
    return this.#current;
  }

  /** Writes it whole, in place of the one before. Throws `disk-full` and the like, and then nothing has changed. */
  async save(record: SiteRecord): Promise<void> {
    await this.#records.write(record);
    this.#current = record;
  }
}
