import type { Clock } from '../machine/clock.ts';
import { familyTicks } from '../machine/processes/processes.ts';
import type { Deadline, LifecycleEvent } from './lifecycle-state.ts';
import { isLoading } from './readiness.ts';

/** The one timer of a lifecycle: says `time` at its deadline. */
export class Timer {
  readonly #clock: Clock;
  readonly #say: (event: LifecycleEvent) => void;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, say: (event: LifecycleEvent) => void) {
    this.#clock = clock;
    this.#say = say;
  }

  /** Replaces the deadline before. `pid`: of a process that is starting; whether it has computed until then is said as well. */
  set({ at, ticket }: Deadline, pid: number | undefined): void {
    this.cancel();
    const ticks = (): number => (pid === undefined ? 0 : familyTicks(pid));
    const [before, began] = [ticks(), this.#clock.monotonic()];
    this.#cancel = this.#clock.after(at - began, () => {
      const loading = isLoading(ticks() - before, (this.#clock.monotonic() - began) / 1000);
      this.#say({ type: 'time', ticket, loading });
    });
  }

  cancel(): void {
    this.#cancel();
  }
}
