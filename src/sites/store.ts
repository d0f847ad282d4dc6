import { dirname, join } from 'node:path';

import { currentRecord } from './migrate.ts';
import type { SiteRecord } from './record.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { GroupSpec } from '../services/service.ts';
import { ensureFolder } from '../machine/files/files.ts';
import { readFolder } from '../machine/files/tree.ts';
import type { Layout } from '../machine/layout.ts';
import { StateFile } from '../machine/files/state-file.ts';

/** The sites' state files and the edge's. Jobs write them, one at a time; the daemon reads them. */
export class SiteRecords {
  readonly #folder: string;
  readonly #sites: string;
  readonly #edge: StateFile<GroupSpec>;
  readonly #onDamage: ((site: string, problem: Problem) => void) | undefined;
  readonly #damaged = new Set<string>();

  /** With `onDamage` a site whose record is damaged is left out of {@link all} and told once, so that the other sites are served all the same. */
  constructor(layout: Layout, onDamage?: (site: string, problem: Problem) => void) {
    this.#onDamage = onDamage;
    this.#folder = join(layout.state, 'sites');
    this.#sites = layout.sites;
    this.#edge = new StateFile<GroupSpec>(join(layout.state, 'edge.json'));
  }

  /** Every site's record, by name. Throws `state-damaged` where one is, unless that is to be told only. */
  async all(): Promise<readonly SiteRecord[]> {
    const records: SiteRecord[] = [];
    for (const name of await this.names()) {
      const record = await this.#readOrTell(name);
      if (record) records.push(record);
    }
    return records;
  }

  /** The names of all sites, sorted. */
  async names(): Promise<readonly string[]> {
    const files = await readFolder(this.#folder);
    return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  }

  /** A site's record; undefined where there is no such site. Throws `state-damaged`. */
  read(name: string): Promise<SiteRecord | undefined> {
    return readRecord(this.#file(name));
  }

  /** Makes it the site's record. Throws `disk-full` and the like, and then the one before still counts. */
  async write(record: SiteRecord): Promise<void> {
    await ensureFolder(this.#folder, { mode: 0o700 });
    await this.#file(record.name).write(record);
  }

  /** From here on there is no such site; nothing where there was none. */
  remove(name: string): Promise<void> {
    return this.#file(name).remove();
  }

  /** What a site that was taken down has left for when it comes back; undefined where it has left nothing. Throws `state-damaged`. */
  readKept(name: string): Promise<SiteRecord | undefined> {
    return readRecord(this.#keptFile(name));
  }

  /** Keeps what a site that goes down needs to come back: the database's rows were made under its secrets and variables. */
  async keepForLater(record: SiteRecord): Promise<void> {
    const { name, request, domains, ports, ownerEnvironment, secrets } = record;
    const file = this.#keptFile(name);
    await ensureFolder(dirname(file.path), { mode: 0o750 });
    await file.write({ name, request, domains, ports, ownerEnvironment, secrets });
  }

  /** The edge's services; undefined before the first site. Throws `state-damaged`. */
  readEdge(): Promise<GroupSpec | undefined> {
    return this.#edge.read();
  }

  writeEdge(group: GroupSpec): Promise<void> {
    return this.#edge.write(group);
  }

  removeEdge(): Promise<void> {
    return this.#edge.remove();
  }

  async #readOrTell(name: string): Promise<SiteRecord | undefined> {
    try {
      const record = await this.read(name);
      this.#damaged.delete(name);
      return record;
    } catch (error) {
      if (!this.#onDamage || !(error instanceof ProblemError)) throw error;
      if (!this.#damaged.has(name)) this.#onDamage(name, error.problems[0]);
      this.#damaged.add(name);
      return undefined;
    }
  }

  #file(name: string): StateFile<SiteRecord> {
    return new StateFile<SiteRecord>(join(this.#folder, `${name}.json`));
  }

  #keptFile(name: string): StateFile<SiteRecord> {
    return new StateFile<SiteRecord>(join(this.#sites, name, 'config', 'site.json'));
  }
}

async function readRecord(file: StateFile<SiteRecord>): Promise<SiteRecord | undefined> {
  const record = await file.read();
  return record && currentRecord(record);
}
