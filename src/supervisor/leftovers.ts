import type { Clock } from '../machine/clock.ts';
import { killOrphans, look, orphansOf, signalGroup } from '../machine/processes/processes.ts';

/** How long workers whose main process is gone may take to finish what they have begun, in milliseconds. */
const patience = 4000;

/**
 * How long what was killed is waited for, in milliseconds. It goes within a few, but for what has much memory to give back, and what
 * hangs in the kernel: the next start then says what is in its way.
 */
const longestWait = 10_000;

/** How often it is looked at, in milliseconds: at first, and at last. */
const firstLook = 2;
const lastLook = 50;

/** What a main process has left: its process group and session, by its pid, and its control group. */
export type Left = { readonly pid: number | undefined; readonly controlGroup: string | undefined };

/** The control groups of a site, by their names. */
export type Groups = {
  /** Kills all that is in one, removes it, and answers whether there was anybody. */
  readonly end: (name: string) => boolean;
  /** The processes in one, dead ones too. */
  readonly members: (name: string) => readonly number[];
};

/**
 * Ends what is left of a service's processes when the main one is gone: they would go on beside the next one. SIGKILL is only the
 * beginning of an end: until the last of them has given back its memory, it holds locks, shared memory and ports, and a database,
 * for one, refuses to start beside it.
 */
export class Leftovers {
  readonly #clock: Clock;
  readonly #groups: Groups;
  readonly #waiting = new Set<() => void>();
  #killed: readonly { readonly left: Left; readonly until: number }[] = [];

  constructor(clock: Clock, groups: Groups) {
    this.#clock = clock;
    this.#groups = groups;
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

  /** Calls once nothing is left of what was killed: at once, where that is so. What may still finish is not waited for. */
  whenGone(then: () => void, pause = firstLook): void {
    const now = this.#clock.monotonic();
    this.#killed = this.#killed.filter(({ left, until }) => now < until && this.#remains(left));
    if (this.#killed.length === 0) return then();
    this.#clock.after(pause, () => this.whenGone(then, Math.min(2 * pause, lastLook)));
  }

  /** Kills what still had time. */
  close(): void {
    for (const kill of this.#waiting) kill();
  }

  #kill(left: Left): void {
    const { pid, controlGroup } = left;
    // The control group has them all: to look for them among all of the machine's processes takes a restart's time.
    const killed = controlGroup === undefined ? pid !== undefined && killOrphans(pid) : this.#groups.end(controlGroup);
    if (killed) this.#killed = [...this.#killed, { left, until: this.#clock.monotonic() + longestWait }];
  }

  #remains({ pid, controlGroup }: Left): boolean {
    if (controlGroup === undefined) return pid !== undefined && orphansOf(pid).length > 0;
    return this.#groups.members(controlGroup).some((member) => look(member)?.dead === false);
  }
}
