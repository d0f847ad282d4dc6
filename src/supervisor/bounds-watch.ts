import type { Clock } from '../machine/clock.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import { type Crowd, fullShare, judgeCrowd, rushShare } from './crowd.ts';
import { megabytes } from './megabytes.ts';
import type { GroupSpec } from '../services/service.ts';

/** Milliseconds between two looks at how many processes sites have. */
const interval = 200;

/** Looks from one at all that the kernel has counted to the next, where a site has room left. */
const rarely = 10;

export type BoundsWatchOptions = {
  readonly clock: Clock;
  readonly confiner: Confiner;
  /** The sites that there are. */
  readonly groups: () => Iterable<GroupSpec>;
  readonly warn: (site: string, text: string) => void;
};

/** Looks whether sites have reached their limits, says so, and ends what fills a site with processes. One timer for all. */
export class BoundsWatch {
  readonly #options: BoundsWatchOptions;
  readonly #crowds = new Map<string, Crowd>();
  readonly #restrained = new Set<string>();
  /** How many processes a site had at the last look. */
  readonly #processes = new Map<string, number>();
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
    this.#cancel = this.#options.clock.after(interval, () => this.#look());
    this.#looks += 1;
    for (const spec of this.#options.groups()) if (spec.limits) this.#lookAt(spec.group, spec.limits);
  }

  #lookAt(site: string, limits: NonNullable<GroupSpec['limits']>): void {
    const { groups } = this.#options.confiner;
    const { warn } = this.#options;
    const processes = groups.size(site);
    const grown = processes - (this.#processes.get(site) ?? processes);
    this.#processes.set(site, processes);
    const isCalm = processes < limits.processes * fullShare && grown < limits.processes * rushShare;
    if (isCalm && !this.#restrained.has(site) && this.#looks % rarely !== 0) return;
    const count = { ...groups.refusals(site), processes, most: limits.processes, grown };
    const verdict = judgeCrowd(this.#crowds.get(site), count);
    this.#crowds.set(site, verdict.state);
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
    this.#restrain(site, verdict.crowded);
    if (verdict.end) this.#endLargest(site);
  }

  /** Hundreds of processes that fork in vain would keep the neighbours waiting. */
  #restrain(site: string, restrained: boolean): void {
    if (this.#restrained.has(site) === restrained) return;
    this.#options.confiner.groups.restrain(site, restrained);
    if (restrained) this.#restrained.add(site);
    else this.#restrained.delete(site);
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
