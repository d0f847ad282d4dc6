import type { Clock } from '../machine/clock.ts';
import { type OwnFolders, writtenSince } from '../machine/files/disk-use.ts';
import { diskSpace } from '../machine/files/disk.ts';
import { type DiskVerdict, fillsUp, judgeDisk, reserveOf } from './disk-shortage.ts';
import { megabytes } from './megabytes.ts';
import type { GroupSpec } from '../services/service.ts';

/** Milliseconds between two looks at how much is free. */
const interval = 1000;

/** So long after a site's programs were ended, what is written is the new ones', in milliseconds. */
const settling = 2000;

/** What was written so long before the disk ran short may have filled it, in milliseconds. */
const window = 10_000;

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
  /** When there was room, in milliseconds since 1970; and what the last look found, and when. */
  #roomAt: number;
  #freeBytes: number | undefined;
  #lookedAt = 0;
  #closed = false;
  #cancel: () => void;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
    this.#roomAt = options.clock.now();
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
      const reserve = reserveOf(totalBytes);
      const seconds = (clock.monotonic() - this.#lookedAt) / 1000;
      if (fillsUp(this.#freeBytes ?? freeBytes, freeBytes, Math.max(seconds, 0.1), reserve)) {
        await this.#short(freeBytes, freeBytes < reserve);
      } else if (freeBytes > reserve * 2) this.#roomAt = Math.max(this.#roomAt, clock.now());
      this.#freeBytes = freeBytes;
      this.#lookedAt = clock.monotonic();
    } catch {
      // The next look tells.
    }
    if (!this.#closed) this.#cancel = clock.after(interval, () => void this.#look());
  }

  /** `isShort`: the reserve is used already, and not only about to be. */
  async #short(freeBytes: number, isShort: boolean): Promise<void> {
    const { clock, warn, endBuilds, endWriters } = this.#options;
    const now = clock.monotonic();
    if (isShort && now - this.#toldAt > quiet) {
      this.#toldAt = now;
      warn(
        undefined,
        `The disk is nearly full: ${megabytes(freeBytes)} are free. \`roadie status\` shows what sites keep.`,
      );
    }
    if (isShort && endBuilds()) warn(undefined, 'The build that was running was ended, since the disk is nearly full.');
    const sites = this.#options.groups();
    const since = Math.max(this.#roomAt, clock.now() - quiet) - window;
    const written = await Promise.all(
      sites.map(async (spec) => ({ site: spec.group, bytes: await writtenSince(ownersOf(spec), since) })),
    );
    const verdict = judgeDisk(written, this.#restarted, clock.monotonic());
    if (!verdict || this.#closed) return;
    this.#restarted.set(verdict.site, clock.monotonic());
    warn(verdict.site, textOf(verdict));
    await endWriters(verdict.site, verdict.action);
    // What it has written until its end counts once.
    this.#roomAt = clock.now() + window + settling;
  }
}

/** Where a site's services write, by user. */
function ownersOf({ services }: GroupSpec): readonly OwnFolders[] {
  const owners = new Map<number, { user: OwnFolders['user']; folders: Set<string> }>();
  for (const { user, view, stateful } of services) {
    // A database writes in its files all the time; what it is told to comes from the others.
    if (!user || !view || stateful === true) continue;
    const owner = owners.get(user.uid) ?? { user, folders: new Set<string>() };
    for (const folder of [...view.writable, ...(view.tmp === undefined ? [] : [view.tmp])]) owner.folders.add(folder);
    owners.set(user.uid, owner);
  }
  return [...owners.values()].map(({ user, folders }) => ({ user, folders: [...folders] }));
}

function textOf({ site, bytes, action }: DiskVerdict): string {
  const what = `The disk is filling up, and the site has just written ${megabytes(bytes)}`;
  return action === 'restart'
    ? `${what}: its programs are ended and started again.`
    : `${what}, again: its programs are stopped, its data services go on. Make room, then: roadie start ${site}`;
}
