import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** A process as root sees it. */
export type Seen = {
  readonly pid: number;
  readonly uid: number;
  /** What it calls itself. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly cwd: string;
};

/** All processes that there are now, whatever namespace they are in; kernel threads are left out. */
export function processesNow(): readonly Seen[] {
  return readdirSync('/proc').flatMap((entry) => {
    const found = /^\d+$/.test(entry) ? processOf(Number(entry)) : undefined;
    return found ? [found] : [];
  });
}

/** One process; undefined where it is gone, a kernel thread or a zombie. */
export function processOf(pid: number): Seen | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (line === '') return undefined;
    return {
      pid,
      uid: statSync(`/proc/${pid}`).uid,
      name: readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd(),
      argv: line.replace(/\0$/, '').split('\0'),
      cwd: readlinkSync(`/proc/${pid}/cwd`),
    };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

/** A field of /proc/PID/status. */
export function statusField(pid: number, field: string): string | undefined {
  try {
    return new RegExp(`^${field}:[ \\t]*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** How far the lanes of the adversary have come, and when each sample was taken. */
export type Swaps = { readonly total: number; readonly alive: number };

/**
 * Looks at all processes again and again while something goes on. `look` is told of each; the adversary's are counted by their names,
 * `x` with the lane's number and how often it has swapped.
 */
export class ProcessWatch {
  readonly #lanes = new Map<string, number>();
  readonly #seen = new Map<string, Seen>();
  readonly #timer: NodeJS.Timeout;
  readonly #onSample: ((now: readonly Seen[], swaps: Swaps) => void) | undefined;

  constructor(
    options: {
      readonly everyMs?: number;
      readonly onSample?: (now: readonly Seen[], swaps: Swaps) => void;
    } = {},
  ) {
    this.#onSample = options.onSample;
    this.#timer = setInterval(() => this.#sample(), options.everyMs ?? 20);
  }

  /** Every process that was seen, once for each user and command line. */
  get seen(): readonly Seen[] {
    return [...this.#seen.values()];
  }

  get swaps(): number {
    return [...this.#lanes.values()].reduce((sum, count) => sum + count, 0);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sample();
  }

  #sample(): void {
    const now = processesNow();
    let alive = 0;
    for (const found of now) {
      this.#seen.set(`${found.uid} ${found.argv.join(' ')}`, found);
      const [, lane, count] = /^x(\d+):(\d+)$/.exec(found.name) ?? [];
      if (lane === undefined) continue;
      alive += 1;
      this.#lanes.set(lane, Math.max(this.#lanes.get(lane) ?? 0, Number(count)));
    }
    this.#onSample?.(now, { total: this.swaps, alive });
  }
}
