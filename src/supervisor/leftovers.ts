import type { Clock } from '../machine/clock.ts';
import { killOrphans, signalGroup } from '../machine/processes.ts';

/** How long workers whose main process is gone may take to finish what they have begun, in milliseconds. */
const patience = 4000;

/** For how long what was killed may hold on to its port, in milliseconds. */
const portPatience = 2000;

/** Ends what is left of a process group when its main process is gone: it would go on beside the next one. */
export class Leftovers {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #killedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks them to finish and kills them after a while; without a signal kills them at once. */
  end(group: number, signal?: NodeJS.Signals): void {
    if (signal === undefined) {
      if (killOrphans(group)) this.#killedAt = this.#clock.monotonic();
      return;
    }
    if (!signalGroup(group, signal)) return;
    const kill = (): void => {
      this.#waiting.delete(kill);
      killOrphans(group);
    };
    this.#waiting.add(kill);
    this.#clock.after(patience, kill);
  }

  /** Whether something was killed so lately that its port may not be free yet. */
  justKilled(): boolean {
    return this.#clock.monotonic() - this.#killedAt < portPatience;
  }

  /** Kills what still had time. */
  close(): void {
    for (const kill of this.#waiting) kill();
  }
}
