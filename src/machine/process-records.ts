import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ServiceSpec } from '../supervisor/service.ts';
import { bootId, type ProcessIdentity } from './processes.ts';

/** What a later daemon must know of a process to take it over, or to end it. */
export type ProcessRecord = ProcessIdentity & {
  readonly group: string;
  readonly service: string;
  /** Of the parts of the spec that a process is made from. */
  readonly fingerprint: string;
  readonly sockets: readonly { readonly path: string; /** The name that the kernel knows it by. */ readonly bound: string; readonly inode: number }[];
  readonly ready: boolean;
  readonly restarts: number;
  /** When it entered its state, in milliseconds since 1970. */
  readonly since: number;
  readonly stop: ServiceSpec['stop'];
};

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
