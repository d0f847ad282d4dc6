import type { Clock } from '../machine/clock.ts';
import { availableMemory, treeMemory } from '../machine/processes/process-stats.ts';
import type { Instance } from './instance.ts';

/** The old process is kept where so many times its own memory is still free: keeping it must not cost the new one its air. */
const spare = 1.5;

/** The process that was replaced last, kept ready for a while: going back to it is one rename, without a boot. */
export class Standby {
  readonly #clock: Clock;
  #kept: { readonly instance: Instance; readonly cancel: () => void } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get instance(): Instance | undefined {
    return this.#kept?.instance;
  }

  /**
   * Keeps an instance that is about to be replaced, before its socket's place is taken; `dismissed` is called with it when
   * the time is up. False where the machine has no memory to spare.
   */
  keep(instance: Instance, seconds: number, dismissed: (instance: Instance) => void): boolean {
    const { pid } = instance;
    if (seconds <= 0 || pid === undefined || availableMemory() < spare * treeMemory(pid)) return false;
    instance.standBy();
    this.#kept = {
      instance,
      cancel: this.#clock.after(seconds * 1000, () => {
        this.#kept = undefined;
        dismissed(instance);
      }),
    };
    return true;
  }

  /** Lets it go: the one that was kept, if there was one. */
  release(): Instance | undefined {
    const instance = this.#kept?.instance;
    this.#kept?.cancel();
    this.#kept = undefined;
    return instance;
  }
}
