import type { Clock } from '../machine/clock.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import { type Crowd, fullShare, judgeCrowd, rushShare } from './crowd.ts';
import { megabytes } from './megabytes.ts';
import type { GroupSpec } from '../services/service.ts';

/** Milliseconds between two looks at how many processes sites have. */
const interval = 200;

/** From one look at a site that has room left to the next, five seconds: so many looks at all sites together. */
const rarely = 25;

/** From this share of its processes on a site is looked at each time: one look's rush more, and it is full. */
const closeShare = fullShare - rushShare;

export type BoundsWatchOptions = {
  readonly clock: Clock;
  readonly confiner: Confiner;
  /** The sites that there are. */
  readonly groups: () => Iterable<GroupSpec>;
  readonly warn: (site: string, text: string) => void;
};

/** What is remembered of a site from its last look: its processes, and how many all sites had together then. */
type Seen = {
  readonly processes: number;
  readonly together: number;
  readonly crowd: Crowd;
  readonly restrained: boolean;
};

/**
 * Looks whether sites have reached their limits, says so, and ends what fills a site with processes. One timer for all: how many
 * processes all sites have together tells whether one of them may be filling up, so that a look costs little with many sites.
 */
export class BoundsWatch {
  readonly #options: BoundsWatchOptions;
  #seen: ReadonlyMap<string, Seen> = new Map();
  /** How many processes all sites had together at the last look. */
  #together = 0;
  #looks = 0;
  #cancel: () => void;

  constructor(options: BoundsWatchOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(interval, () => this.#look());
  }

  close(): void {
    this.#cancel();
    this.#cancel = () => undefined;
  }

  #look(): void {
    const { clock, confiner, groups } = this.#options;
    this.#cancel = clock.after(interval, () => this.#look());
    this.#looks += 1;
    const together = confiner.groups.size();
    const grown = together - this.#together;
    this.#together = together;
    const before = this.#seen;
    const seen = new Map<string, Seen>();
    for (const { group: site, limits } of groups()) {
      const last = before.get(site);
      if (limits && (this.#looks % rarely === 0 || needsLook(last, together, limits.processes)))
        seen.set(site, this.#lookAt(site, limits, { last, grown, together }));
      else if (last) seen.set(site, last);
    }
    this.#seen = seen;
  }

  #lookAt(
    site: string,
    limits: NonNullable<GroupSpec['limits']>,
    { last, grown, together }: { readonly last: Seen | undefined; readonly grown: number; readonly together: number },
  ): Seen {
    const { groups } = this.#options.confiner;
    const { warn } = this.#options;
    const processes = groups.size(site);
    const count = {
      ...groups.refusals(site),
      processes,
      most: limits.processes,
      // The last look at this site may be older than the last look at all.
      grown: Math.min(grown, processes - (last?.processes ?? processes)),
    };
    const verdict = judgeCrowd(last?.crowd, count);
    if (verdict.killed > 0)
      warn(
        site,
        `The site has reached its limit of memory (${megabytes(limits.memoryBytes)} together, a build ${megabytes(limits.buildMemoryBytes)}): the kernel has ended ${verdict.killed} of its processes. Services of which one was are started again; [limits] in roadie.toml gives it more.`,
      );
    if (verdict.full)
      warn(
        site,
        `The site has as many processes as it may (${limits.processes}): no more can be started. [limits] in roadie.toml allows more.`,
      );
    // Hundreds of processes that fork in vain would keep the neighbours waiting.
    if (verdict.crowded !== (last?.restrained ?? false)) groups.restrain(site, verdict.crowded);
    if (verdict.end) this.#endLargest(site);
    return { processes, together, crowd: verdict.state, restrained: verdict.crowded };
  }

  /** Ends the service or command with most processes. A service is started again, since its main process ends as well. */
  #endLargest(site: string): void {
    const { groups } = this.#options.confiner;
    const sized = groups.names(site).map((name) => ({ name, size: groups.size(site, name) }));
    const largest = sized.toSorted((one, other) => other.size - one.size)[0];
    if (!largest) return;
    const what = largest.name.slice(0, largest.name.lastIndexOf('.'));
    groups.kill(site, largest.name);
    this.#options.warn(
      site,
      `${nameOf(what)} had ${largest.size} processes and left no room for others: ${endOf(what)}.`,
    );
  }
}

function nameOf(what: string): string {
  return what === 'run' ? 'A command of `run`' : what === 'build' ? 'A build' : what;
}

function endOf(what: string): string {
  return what === 'run' || what === 'build' ? 'it was ended' : 'it was ended with all of them and is started again';
}

/** Whether a site may be filling up: it is close to that, or all sites have grown so much together since its last look. */
function needsLook(last: Seen | undefined, together: number, most: number): boolean {
  if (!last) return true;
  return last.restrained || last.processes >= most * closeShare || together - last.together >= most * rushShare;
}
