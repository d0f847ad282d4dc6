import type { ScheduledTask } from '../contract/status.ts';
import type { Clock } from '../machine/clock.ts';
import type { StateFile } from '../machine/files/state-file.ts';
import { afterJump, firstTime, nextTime, type Timed } from './due.ts';
import { type TaskName, tasks } from './tasks.ts';

/** What came of a run. */
export type Ran = {
  /** In words for people. */
  readonly result: string;
  readonly failed?: boolean;
  /** In how many milliseconds the next run is wanted, where that is not as usual. */
  readonly nextMs?: number;
};

/** A task to be run by the clock. */
export type Task = {
  readonly task: TaskName;
  /** Absent: for the whole machine. */
  readonly site?: string;
  /** Milliseconds from run to run; 0: only when it is asked for. */
  readonly everyMs: number;
  /** Milliseconds until the first run of all; absent: soon. Where one is planned already, by the daemon before too, that counts. */
  readonly firstMs?: number;
  /** Rejects where it fails: it is tried again later. */
  readonly run: () => Promise<Ran>;
};

/** What the next daemon is told of a task. Times in milliseconds since 1970. */
type Kept = {
  readonly next: number | undefined;
  readonly last: number;
  readonly failures: number;
  readonly result: string;
};

type Entry = {
  task: Task;
  timed: Timed;
  next: number | undefined;
  last: number | undefined;
  failures: number;
  result: string | undefined;
  /** `again`: somebody has asked for a run while one was under way. */
  state: 'idle' | 'waiting' | 'running' | 'again';
};

/** Nothing waits longer for the clock to be looked at: then a jump or a sleep of the machine is seen. Milliseconds. */
const longestSleep = 60_000;

/** Runs tasks when they are due. One timer for all of them; between two runs nothing happens. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #file: StateFile<Readonly<Record<string, Kept>>> | undefined;
  readonly #entries = new Map<string, Entry>();
  readonly #queue: Entry[] = [];
  readonly #running = new Map<TaskName, number>();
  #kept: Readonly<Record<string, Kept>> = {};
  #writing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  /** How far the clock is from the one that never jumps. */
  #offset: number;
  #closed = false;

  /** Without a file nothing is remembered. */
  constructor(clock: Clock, file?: StateFile<Readonly<Record<string, Kept>>>) {
    this.#clock = clock;
    this.#file = file;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** Reads what the daemon before has left; what cannot be read is run as if it were new. */
  async load(): Promise<void> {
    this.#kept = (await this.#file?.read().catch(() => undefined)) ?? {};
  }

  /** Has a task run by the clock, in the place of one with the same name and site. */
  put(task: Task): void {
    if (this.#closed) return;
    const name = nameOf(task.task, task.site);
    const timed = { name, everyMs: task.everyMs, timing: tasks[task.task] };
    const now = this.#clock.now();
    const before = this.#entries.get(name);
    const planned = (before ?? this.#kept[name])?.next;
    const isNew = planned === undefined && task.firstMs !== undefined;
    const next = isNew ? now + task.firstMs : firstTime(timed, planned, now);
    if (before) Object.assign(before, { task, timed, next });
    else {
      const { last, failures = 0, result } = this.#kept[name] ?? {};
      this.#entries.set(name, { task, timed, next, last, failures, result, state: 'idle' });
    }
    this.#sleep();
  }

  /** A task is not run any more; a run that is under way ends by itself. */
  drop(task: TaskName, site?: string): void {
    const name = nameOf(task, site);
    this.#entries.delete(name);
    const { [name]: _, ...others } = this.#kept;
    this.#kept = others;
    this.#sleep();
  }

  /** Runs a task at once. However often it is asked for while it runs, it runs once more at most. */
  runNow(task: TaskName, site?: string): void {
    const entry = this.#entries.get(nameOf(task, site));
    if (!entry || this.#closed) return;
    if (entry.state !== 'idle') {
      if (entry.state === 'running') entry.state = 'again';
      return;
    }
    entry.state = 'waiting';
    entry.next = undefined;
    this.#queue.push(entry);
    this.#pump();
  }

  /** When a task runs next; milliseconds since 1970, undefined where it does not by itself. */
  nextOf(task: TaskName, site?: string): number | undefined {
    return this.#entries.get(nameOf(task, site))?.next;
  }

  /** All tasks, by site and name. */
  table(): readonly ScheduledTask[] {
    return [...this.#entries.values()]
      .toSorted((one, other) => compare(placeOf(one.task), placeOf(other.task)))
      .map(({ task, timed, next, last, failures, result, state }) => ({
        task: task.task,
        site: task.site ?? null,
        every_seconds: timed.everyMs === 0 ? null : timed.everyMs / 1000,
        state: state === 'idle' ? ('waits' as const) : ('runs' as const),
        next: timeOf(next),
        last: timeOf(last),
        outcome: last === undefined ? null : failures > 0 ? ('failed' as const) : ('done' as const),
        result: result ?? null,
      }));
  }

  /** Runs nothing any more; resolves once all that is to be remembered is written. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#queue.length = 0;
    await this.#writing;
  }

  #sleep(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const times = [...this.#entries.values()].flatMap(({ state, next }) => (state === 'idle' ? (next ?? []) : []));
    if (this.#closed || times.length === 0) return;
    const wait = Math.min(...times) - this.#clock.now();
    this.#cancel = this.#clock.after(Math.min(Math.max(wait, 0), longestSleep), () => this.#wake());
  }

  #wake(): void {
    const now = this.#clock.now();
    const offset = now - this.#clock.monotonic();
    const jumped = offset - this.#offset;
    this.#offset = offset;
    const due: Entry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.next === undefined) continue;
      entry.next = afterJump(entry.timed, entry.next, jumped, now);
      if (entry.state === 'idle' && entry.next <= now) due.push(entry);
    }
    due.sort((one, other) => (one.next ?? 0) - (other.next ?? 0));
    for (const { task } of due) this.runNow(task.task, task.site);
    this.#sleep();
  }

  /** Starts as many of the waiting tasks as may run at the same time. */
  #pump(): void {
    const waiting = this.#queue.splice(0);
    for (const entry of waiting) {
      const { task } = entry.task;
      const running = this.#running.get(task) ?? 0;
      if (running >= tasks[task].atOnce) {
        this.#queue.push(entry);
        continue;
      }
      this.#running.set(task, running + 1);
      void this.#run(entry).finally(() => {
        this.#running.set(task, (this.#running.get(task) ?? 1) - 1);
        if (this.#closed) return;
        this.#pump();
        this.#sleep();
      });
    }
  }

  async #run(entry: Entry): Promise<void> {
    for (let again = true; again && !this.#closed;) {
      // It may have been dropped while it waited for its turn.
      if (this.#entries.get(entry.timed.name) !== entry) return;
      entry.state = 'running';
      const { task } = entry;
      const ran = await runOf(task);
      const now = this.#clock.now();
      entry.last = now;
      entry.failures = ran.failed === true ? entry.failures + 1 : 0;
      entry.result = ran.result;
      again = (entry.state as Entry['state']) === 'again';
      // What was put in its place meanwhile has its own time.
      if (entry.task === task)
        entry.next = nextTime(entry.timed, { failures: entry.failures, wishMs: ran.nextMs }, now);
    }
    entry.state = 'idle';
    if (this.#entries.get(entry.timed.name) === entry) this.#keep(entry);
  }

  #keep({ timed, next, last, failures, result }: Entry): void {
    const file = this.#file;
    if (!file || !timed.timing.kept || last === undefined) return;
    const known = Object.entries(this.#kept).filter(([name]) => this.#entries.has(name));
    this.#kept = { ...Object.fromEntries(known), [timed.name]: { next, last, failures, result: result ?? '' } };
    // Where it cannot be written, the next daemon looks a little early.
    this.#writing = this.#writing.then(() => file.write(this.#kept)).catch(() => undefined);
  }
}

async function runOf(task: Task): Promise<Ran> {
  try {
    return await task.run();
  } catch (error) {
    return { result: error instanceof Error ? error.message : String(error), failed: true };
  }
}

function nameOf(task: TaskName, site: string | undefined): string {
  return site === undefined ? task : `${task}/${site}`;
}

function placeOf({ task, site = '' }: Task): string {
  return `${site} ${task}`;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function timeOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}
