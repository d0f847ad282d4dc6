import type { Clock } from '../machine/clock.ts';
import { diskUse, type OwnFolders } from '../machine/disk-use.ts';
import { diskSpace } from '../machine/disk.ts';
import { type DiskVerdict, judgeDisk, reserveOf } from './disk-shortage.ts';
import type { GroupSpec } from './service.ts';
import { pause } from './waiting.ts';

/** Milliseconds between two looks at how much is free, and between two at how much each site takes. */
const interval = 3000;
const between = 1500;

/** A shortage that goes on is told no more often than this, in milliseconds. */
const quiet = 600_000;

export type DiskWatchOptions = {
  readonly clock: Clock;
  /** Roadie's folder: it is its disk that is watched. */
  readonly folder: string;
  readonly groups: () => readonly GroupSpec[];
  readonly warn: (site: string | undefined, text: string) => void;
  /** Ends the builds that run. Answers whether there were any. */
  readonly endBuilds: () => boolean;
  /** Ends all of a site that writes and keeps no data: services are started again, or stay stopped. */
  readonly endWriters: (site: string, action: DiskVerdict['action']) => Promise<void>;
};

/**
 * Watches how much of the disk is free. Where it runs short, builds end and the site that fills it is started again, and stopped
 * if that does not help: a full disk would stop the databases of all.
 */
export class DiskWatch {
  readonly #options: DiskWatchOptions;
  readonly #restarted = new Map<string, number>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #closed = false;
  #cancel: () => void;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(interval, () => void this.#look());
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { clock, folder } = this.#options;
    try {
      const { freeBytes, totalBytes } = await diskSpace(folder);
      if (freeBytes < reserveOf(totalBytes)) await this.#short(freeBytes);
    } catch {
      // The next look tells.
    }
    if (!this.#closed) this.#cancel = clock.after(interval, () => void this.#look());
  }

  async #short(freeBytes: number): Promise<void> {
    const { clock, warn, endBuilds, endWriters } = this.#options;
    const now = clock.monotonic();
    if (now - this.#toldAt > quiet) {
      this.#toldAt = now;
      warn(
        undefined,
        `The disk is nearly full: ${megabytes(freeBytes)} are free. \`roadie status\` shows what sites keep.`,
      );
    }
    if (endBuilds()) warn(undefined, 'The build that was running was ended, since the disk is nearly full.');
    const before = await this.#use();
    await pause(clock, between);
    const after = await this.#use();
    const growths = [...before].map(([site, bytes]) => ({ site, before: bytes, after: after.get(site) }));
    const verdict = judgeDisk(growths, this.#restarted, clock.monotonic());
    if (!verdict || this.#closed) return;
    this.#restarted.set(verdict.site, clock.monotonic());
    warn(verdict.site, textOf(verdict));
    await endWriters(verdict.site, verdict.action);
  }

  async #use(): Promise<ReadonlyMap<string, number | undefined>> {
    const sites = this.#options.groups();
    return new Map(await Promise.all(sites.map(async (spec) => [spec.group, await diskUse(ownersOf(spec))] as const)));
  }
}

/** Where a site's services write, by user. */
function ownersOf({ services }: GroupSpec): readonly OwnFolders[] {
  const owners = new Map<number, { user: OwnFolders['user']; folders: Set<string> }>();
  for (const { user, view } of services) {
    if (!user || !view) continue;
    const owner = owners.get(user.uid) ?? { user, folders: new Set<string>() };
    for (const folder of [...view.writable, ...(view.tmp === undefined ? [] : [view.tmp])]) owner.folders.add(folder);
    owners.set(user.uid, owner);
  }
  return [...owners.values()].map(({ user, folders }) => ({ user, folders: [...folders] }));
}

function textOf({ site, bytes, action }: DiskVerdict): string {
  const what = `The disk is nearly full, and the site has just written ${megabytes(bytes)}`;
  return action === 'restart'
    ? `${what}: its programs are ended and started again.`
    : `${what}, again: its programs are stopped, its data services go on. Make room, then: roadie start ${site}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
