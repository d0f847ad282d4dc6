import type { Clock } from '../machine/clock.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import { BoundsWatch } from './bounds-watch.ts';
import { DiskWatch } from './disk-watch.ts';
import type { GroupSpec } from '../services/service.ts';
import type { SiteBounds } from './site-bounds.ts';

export type GuardsOptions = {
  readonly clock: Clock;
  readonly groups: () => readonly GroupSpec[];
  readonly warn: (site: string | undefined, text: string) => void;
  /** Stops a service: it stays down until somebody starts it. */
  readonly stop: (site: string, service: string) => Promise<unknown>;
};

/** Looks after what sites take of the machine: processes, memory, the disk. Without root there is nothing to look after. */
export class Guards {
  readonly #guards: readonly { close(): void }[];
  readonly #bounds: SiteBounds;
  readonly #options: GuardsOptions;

  constructor(confiner: Confiner | undefined, bounds: SiteBounds, options: GuardsOptions) {
    this.#bounds = bounds;
    this.#options = options;
    this.#guards = !confiner
      ? []
      : [
          new BoundsWatch({ ...options, confiner }),
          new DiskWatch({
            ...options,
            folder: confiner.base,
            endBuilds: () => bounds.endBuilds(),
            endWriters: (site, action) => this.#endWriters(site, action),
          }),
        ];
  }

  close(): void {
    for (const guard of this.#guards) guard.close();
  }

  /** Ends what of a site writes and keeps no data. It is started again as after a crash, or stays stopped. */
  async #endWriters(site: string, action: 'restart' | 'stop'): Promise<void> {
    const { groups, stop } = this.#options;
    const services = groups().find((spec) => spec.group === site)?.services ?? [];
    const writers = services.filter((service) => service.stateful !== true);
    // What is asked to stop is not started again when it is killed.
    const stopped = action === 'stop' ? writers.map(({ name }) => stop(site, name).catch(() => undefined)) : [];
    this.#bounds.endAllBut(
      site,
      services.filter((service) => service.stateful === true),
    );
    await Promise.all(stopped);
  }
}
