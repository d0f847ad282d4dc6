import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { SiteRecord } from '../blueprint/site.ts';
import type { GroupSpec } from '../supervisor/service.ts';
import { ensureFolder, isMissing } from './files.ts';
import type { Layout } from './layout.ts';
import { StateFile } from './state-file.ts';

/** The sites' state files and the edge's. Jobs write them, one at a time; the daemon reads them. */
export class SiteRecords {
  readonly #folder: string;
  readonly #edge: StateFile<GroupSpec>;

  constructor(layout: Layout) {
    this.#folder = join(layout.state, 'sites');
    this.#edge = new StateFile<GroupSpec>(join(layout.state, 'edge.json'));
  }

  /** Every site's record, by name. */
  async all(): Promise<readonly SiteRecord[]> {
    const records: SiteRecord[] = [];
    for (const name of await this.names()) {
      const record = await this.read(name);
      if (record) records.push(record);
    }
    return records;
  }

  /** The names of all sites, sorted. */
  async names(): Promise<readonly string[]> {
    try {
      const files = await readdir(this.#folder);
      return files
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length))
        .toSorted();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  read(name: string): Promise<SiteRecord | undefined> {
    return this.#file(name).read();
  }

  async write(record: SiteRecord): Promise<void> {
    await ensureFolder(this.#folder, { mode: 0o700 });
    await this.#file(record.name).write(record);
  }

  remove(name: string): Promise<void> {
    return this.#file(name).remove();
  }

  readEdge(): Promise<GroupSpec | undefined> {
    return this.#edge.read();
  }

  writeEdge(group: GroupSpec): Promise<void> {
    return this.#edge.write(group);
  }

  removeEdge(): Promise<void> {
    return this.#edge.remove();
  }

  #file(name: string): StateFile<SiteRecord> {
    return new StateFile<SiteRecord>(join(this.#folder, `${name}.json`));
  }
}
