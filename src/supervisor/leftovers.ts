import type { Clock } from '../machine/clock.ts';
import { killOrphans, signalGroup } from '../machine/processes/processes.ts';

/** How long workers whose main process is gone may take to finish what they have begun, in milliseconds. */
const patience = 4000;

/** For how long what was killed may hold on to its port, in milliseconds. */
const portPatience = 2000;

/** What a main process has left: its process group and session, by its pid, and its control group. */
export type Left = { readonly pid: number | undefined; readonly controlGroup: string | undefined };

/** Ends what is left of a service's processes when the main one is gone: they would go on beside the next one. */
export class Leftovers {
  readonly #clock: Clock;
  readonly #endGroup: (name: string) => boolean;
  readonly #waiting = new Set<() => void>();
  #killedAt = Number.NEGATIVE_INFINITY;

  /** `endGroup` kills all of a control group, removes it, and answers whether there was anybody. */
  constructor(clock: Clock, endGroup: (name: string) => boolean = () => false) {
    this.#clock = clock;
    this.#endGroup = endGroup;
  }

  /** Asks them to finish and kills them after a while; without a signal kills them at once. */
  end(left: Left, signal?: NodeJS.Signals): void {
    if (signal === undefined || left.pid === undefined || !signalGroup(left.pid, signal)) {
      this.#kill(left);
      return;
    }
    const kill = (): void => {
      this.#waiting.delete(kill);
      this.#kill(left);
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

  #kill({ pid, controlGroup }: Left): void {
    // The control group has them all: to look for them among all of the machine's processes takes a restart's time.
    const killed = controlGroup === undefined ? pid !== undefined && killOrphans(pid) : this.#endGroup(controlGroup);
    if (killed) this.#killedAt = this.#clock.monotonic();
  }
}
