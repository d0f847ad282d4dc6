import type { Emit } from '../contract/events.ts';
import type { Clock } from '../machine/clock.ts';
import { withPort } from '../machine/network/listeners.ts';
import { distinct, type OpenPort, portCure, portText } from './open-ports.ts';

/** Milliseconds between two looks, and by how much that varies: nobody can tell when the next one is. */
const interval = { least: 30_000, more: 20_000 };

/** Milliseconds from the moment when a service became ready to the look at what it has opened since. */
const soon = 3000;

export type PortWatchOptions = {
  readonly clock: Clock;
  readonly emit: Emit;
  /** What listens now and may not. */
  readonly look: () => readonly OpenPort[];
};

/** Looks every so often for ports that a site has opened to everybody, and tells of each once: when it comes, and when it is gone. */
export class PortWatch {
  readonly #options: PortWatchOptions;
  #known: ReadonlyMap<string, OpenPort> = new Map();
  #cancel: () => void;
  #lookAt: number;
  #closed = false;

  constructor(options: PortWatchOptions) {
    this.#options = options;
    this.#lookAt = options.clock.monotonic() + interval.least;
    this.#cancel = options.clock.after(interval.least, () => this.#look());
  }

  /** A service has just become ready: it is looked at before the next turn. */
  soon(): void {
    const { clock } = this.#options;
    const at = clock.monotonic() + soon;
    if (this.#closed || at >= this.#lookAt) return;
    this.#schedule(soon);
  }

  /** What a group was last seen to have open and may not. */
  openPorts(group: string): readonly OpenPort[] {
    return [...this.#known.values()].filter((port) => port.group === group);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #schedule(milliseconds: number): void {
    const { clock } = this.#options;
    this.#cancel();
    this.#lookAt = clock.monotonic() + milliseconds;
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    const { look, emit } = this.#options;
    if (this.#closed) return;
    const found = new Map(distinct(look()).map((port) => [`${port.group} ${withPort(port)}`, port]));
    for (const [key, port] of found)
      if (!this.#known.has(key))
        emit({
          type: 'note',
          level: 'warning',
          site: port.group,
          text: `Listens for everybody on ${portText(port)}. ${portCure([port]).join(' ')}`,
        });
    for (const [key, port] of this.#known)
      if (!found.has(key))
        emit({ type: 'note', level: 'info', site: port.group, text: `Nobody listens on ${withPort(port)} any more` });
    this.#known = found;
    this.#schedule(interval.least + interval.more * Math.random());
  }
}
