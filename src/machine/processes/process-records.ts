import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ServiceSpec } from '../../services/service.ts';
import { allProcesses, bootId, type ProcessIdentity } from './processes.ts';

/** What a later daemon must know of a process to take it over, or to end it. */
export type ProcessRecord = ProcessIdentity & {
  readonly group: string;
  readonly service: string;
  /** Of the parts of the spec that a process is made from. */
  readonly fingerprint: string;
  readonly sockets: readonly {
    readonly path: string;
    /** The name that the kernel knows it by. */ readonly bound: string;
    readonly inode: number;
  }[];
  readonly ready: boolean;
  readonly restarts: number;
  /** When it entered its state, in milliseconds since 1970. */
  readonly since: number;
  readonly stop: ServiceSpec['stop'];
  /** Name of its control group below the site's. */
  readonly controlGroup?: string;
};

/** The variable by which a service's process can be told, though its daemon died before it could write the record. */
export const serviceMark = 'ROADIE_SERVICE';

type Stored = ProcessRecord & { readonly boot: string };

/**
 * Which processes there are, one small file each in the run folder, which a reboot empties. Written in place of the state
 * file's way because it happens between two system calls of a restart: no fsync is needed for what ends with the machine.
 */
export class ProcessRecords {
  readonly #folder: string;
  readonly #boot = bootId();

  constructor(runFolder: string) {
    this.#folder = join(runFolder, 'processes');
  }

  /** Writes the record of a process, whole, over the one that there was. */
  write(record: ProcessRecord): void {
    const path = this.#path(record.pid);
    const stored: Stored = { ...record, boot: this.#boot };
    try {
      writeFileSync(`${path}.new`, JSON.stringify(stored), { mode: 0o600 });
    } catch {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(stored), { mode: 0o600 });
    }
    renameSync(`${path}.new`, path);
  }

  /** What {@link serviceMark} holds in a service's processes. */
  mark(group: string, service: string): string {
    return `${this.#folder}:${group}/${service}`;
  }

  /**
   * Services' main processes without a record: the daemon died between the start and the record. They lead a session and bear
   * the mark of this folder, and unlike the sessions that services begin themselves they have no parent that bears it.
   */
  strays(recorded: ReadonlySet<number>): readonly (ProcessIdentity & { readonly mark: string })[] {
    const all = allProcesses();
    return [...all].flatMap(([pid, { session, startTime, parent }]) => {
      if (session !== pid || recorded.has(pid) || recorded.has(parent)) return [];
      const mark = this.#markOf(pid);
      return mark === undefined || this.#markOf(parent) !== undefined ? [] : [{ pid, startTime, mark }];
    });
  }

  /** Group and service that a process was started for, by them or by what they started; undefined where it was not, or hides it. */
  markOf(pid: number): { readonly group: string; readonly service: string } | undefined {
    const [group, service] =
      this.#markOf(pid)
        ?.slice(this.#folder.length + 1)
        .split('/') ?? [];
    return group === undefined || service === undefined ? undefined : { group, service };
  }

  #markOf(pid: number): string | undefined {
    try {
      const found = readFileSync(`/proc/${pid}/environ`, 'latin1')
        .split('\0')
        .find((line) => line.startsWith(`${serviceMark}=${this.#folder}:`));
      return found?.slice(serviceMark.length + 1);
    } catch {
      return undefined; // it has ended, or it belongs to another user
    }
  }

  remove(pid: number): void {
    rmSync(this.#path(pid), { force: true });
  }

  /** All records of this boot; what is torn or from another one is removed. */
  read(): readonly ProcessRecord[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return readdirSync(this.#folder).flatMap((name) => {
      const path = join(this.#folder, name);
      try {
        const stored = JSON.parse(readFileSync(path, 'utf8')) as Stored;
        if (name === `${stored.pid}.json` && stored.boot === this.#boot) return [stored];
      } catch {
        // Torn by a power cut: the process is gone as well.
      }
      rmSync(path, { force: true });
      return [];
    });
  }

  #path(pid: number): string {
    return join(this.#folder, `${pid}.json`);
  }
}
