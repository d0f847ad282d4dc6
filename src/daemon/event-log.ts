import type { Emit, RoadieEvent } from '../contract/events.ts';
import type { Clock } from '../machine/clock.ts';
import { AppendFile } from '../machine/files/append-file.ts';
import { stackOf } from '../problems/stack.ts';

/** Past events are kept in a file of this size at most, and the one before it. */
const maxBytes = 4 * 1024 * 1024;

/** Everything that happens passes here: it is stamped, kept, and handed to whoever listens. */
export class EventLog {
  readonly #file: AppendFile;
  readonly #listeners = new Set<(event: RoadieEvent) => void>();
  readonly #clock: Clock;

  constructor(path: string, clock: Clock) {
    this.#file = new AppendFile(path, maxBytes);
    this.#clock = clock;
  }

  /** Stamps an event and passes it on. */
  readonly emit: Emit = (event) => {
    this.record({ ...event, time: new Date(this.#clock.now()).toISOString() });
  };

  /** Passes on an event that already has its time: those of a job. */
  record(event: RoadieEvent): void {
    this.#file.append(`${JSON.stringify(event)}\n`);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // One listener's mistake must not stop what happens, nor keep the others from hearing of it.
        process.stderr.write(`${stackOf(error)}\n`);
      }
    }
  }

  /** The last `count` events, oldest first. */
  async last(count: number, site?: string): Promise<readonly RoadieEvent[]> {
    const lines = (await this.#file.read()).split('\n');
    const events: RoadieEvent[] = [];
    for (let index = lines.length - 1; index >= 0 && events.length < count; index -= 1) {
      const event = parse(lines[index] ?? '');
      if (event && (site === undefined || event.site === site)) events.unshift(event);
    }
    return events;
  }

  /** Calls `listener` for each event until the signal aborts; resolves then. */
  follow(listener: (event: RoadieEvent) => void, until: AbortSignal): Promise<void> {
    this.#listeners.add(listener);
    return new Promise((resolve) => {
      const end = (): void => {
        this.#listeners.delete(listener);
        resolve();
      };
      if (until.aborted) end();
      else until.addEventListener('abort', end, { once: true });
    });
  }
}

/** The last line may be half written where the machine stopped: it counts as absent. */
function parse(line: string): RoadieEvent | undefined {
  try {
    return JSON.parse(line) as RoadieEvent;
  } catch {
    return undefined;
  }
}
