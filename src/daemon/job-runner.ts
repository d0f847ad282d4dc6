import type { NewEvent, RoadieEvent } from '../contract/events.ts';
import type { JobKind, JobRequest } from '../contract/jobs.ts';
import type { JobEnd } from '../contract/results.ts';
import type { TurnAnswer, TurnRequest } from '../contract/turns.ts';
import { runLines } from '../machine/processes/line-process.ts';
import { availableMemory, totalMemory } from '../machine/processes/process-stats.ts';
import type { Problem } from '../problems/problem.ts';
import type { EventLog } from './event-log.ts';
import { stackOf } from '../problems/stack.ts';
import { Turns, type TurnTaker } from './turns.ts';

/** What runs now: told to whoever has to wait. */
export type RunningJob = {
  readonly id: string;
  readonly kind: JobKind;
  readonly site: string | undefined;
  readonly since: string;
};

type JobLine = RoadieEvent | JobEnd;

/** As many wait. */
const mostWaiting = 16;

/** As many that only read run at a time. */
const mostReading = 4;

/** Who waits for longer than this is told what for. Milliseconds. */
const standardPatienceMs = 1000;

/**
 * Runs jobs, each in a process of its own that ends: the daemon stays small, and a bug in a job cannot take the services down.
 * What only reads runs at once, beside whatever runs; the others take turns (`turns.ts`). A request has been checked when it comes
 * here: what it says of itself is told in the events.
 */
export class JobRunner {
  readonly #command: readonly [string, ...string[]];
  readonly #events: EventLog;
  readonly #turns: Turns;
  readonly #patienceMs: number;
  /** What has begun and changes something, oldest first. */
  readonly #running = new Map<TurnTaker, RunningJob>();
  #waiting = 0;
  #reading = 0;
  #readers: (() => void)[] = [];

  /** `patienceMs`: whoever waits for longer is told what for; absent: a second. */
  constructor(options: {
    readonly command: readonly [string, ...string[]];
    readonly events: EventLog;
    readonly patienceMs?: number;
  }) {
    this.#command = options.command;
    this.#events = options.events;
    this.#patienceMs = options.patienceMs ?? standardPatienceMs;
    this.#turns = new Turns(() => ({ total: totalMemory(), free: availableMemory() }));
  }

  /** What changes something now: the one that began first. */
  get running(): RunningJob | undefined {
    return [...this.#running.values()][0];
  }

  /** What changes a site now. */
  runningOn(site: string): RunningJob | undefined {
    return [...this.#running.values()].find((job) => job.site === site);
  }

  /** The problem that a job meets where another one is at work on its site; undefined where there is none to wait for. */
  busy(request: JobRequest): Problem | undefined {
    const site = isReading(request) ? undefined : siteOf(request);
    const job = site === undefined ? undefined : this.runningOn(site);
    return job && busyWith(job);
  }

  /**
   * Runs a job when it is its turn, passing on its events and its end; answers with that end. `refuse`: it is not to wait for another
   * that turns out to be at work on its site. Never rejects.
   */
  run(
    request: JobRequest,
    listener: (line: JobLine) => void = () => undefined,
    { refuse = false }: { readonly refuse?: boolean } = {},
  ): Promise<JobEnd> {
    const onLine = (line: JobLine): void => {
      try {
        listener(line);
      } catch (error) {
        // Who listens badly must not break off what was begun.
        process.stderr.write(`${describeError(error)}\n`);
      }
    };
    const reads = isReading(request);
    if (!reads && this.#waiting >= mostWaiting) {
      const refused = failed({
        code: 'busy',
        summary: 'Sixteen operations are waiting already',
        cure: ['Wait until they are done: `roadie events -f` shows them.'],
      });
      onLine(refused);
      return Promise.resolve(refused);
    }
    if (!reads) this.#waiting += 1;
    return (reads ? this.#read(request, onLine) : this.#change(request, onLine, refuse))
      .catch((error: unknown) => {
        // Whatever goes wrong with one job, those behind it have their turn.
        process.stderr.write(`${describeError(error)}\n`);
        const broken = failed(bug('The job could not be run', String(error)));
        onLine(broken);
        return broken;
      })
      .finally(() => (this.#waiting -= reads ? 0 : 1));
  }

  async #read(request: JobRequest, onLine: (line: JobLine) => void): Promise<JobEnd> {
    while (this.#reading >= mostReading) await new Promise<void>((resolve) => this.#readers.push(resolve));
    this.#reading += 1;
    try {
      return await this.#run({ request, id: newId(), onLine });
    } finally {
      this.#reading -= 1;
      this.#readers.shift()?.();
    }
  }

  async #change(request: JobRequest, onLine: (line: JobLine) => void, refuse: boolean): Promise<JobEnd> {
    const id = newId();
    const { kind } = request;
    const taker: TurnTaker = { id, site: siteOf(request), alone: kind === 'prune' };
    try {
      const patiently = (turn: Promise<void>): Promise<void> => this.#patiently(taker, turn, onLine);
      await patiently(this.#turns.begin(taker));
      const since = new Date().toISOString();
      this.#running.set(taker, { id, kind, site: taker.site, since });
      return await this.#run({
        request,
        id,
        onLine,
        onTurn: async (asked) => {
          if (asked.turn === 'site' && asked.site !== undefined) {
            const other = this.runningOn(asked.site);
            if (refuse && other && other.id !== id) return { busy: busyWith(other) };
            await patiently(this.#turns.named(taker, asked.site));
            this.#running.set(taker, { id, kind, site: asked.site, since });
          } else if (asked.turn !== 'site') await patiently(this.#turns.change(taker, asked.turn, asked.memory_bytes));
          return {};
        },
      });
    } finally {
      this.#running.delete(taker);
      this.#turns.end(taker);
    }
  }

  /** Waits for a turn; where that takes longer than a moment, it is told for whom. */
  async #patiently(taker: TurnTaker, turn: Promise<void>, onLine: (line: JobLine) => void): Promise<void> {
    const timer = setTimeout(() => {
      const [other] = [...this.#running].filter(([one]) => one !== taker).map(([, job]) => job);
      const text = other ? `Waits: ${busyWith(other).summary}` : 'Waits for its turn';
      this.#tell({ type: 'note', level: 'info', ...(taker.site !== undefined && { site: taker.site }), text }, onLine);
    }, this.#patienceMs);
    try {
      await turn;
    } finally {
      clearTimeout(timer);
    }
  }

  #tell(event: NewEvent, onLine: (line: JobLine) => void): void {
    const stamped = { ...event, time: new Date().toISOString() };
    this.#events.record(stamped);
    onLine(stamped);
  }

  async #run({
    request,
    id,
    onLine,
    onTurn,
  }: {
    readonly request: JobRequest;
    readonly id: string;
    readonly onLine: (line: JobLine) => void;
    readonly onTurn?: (asked: TurnRequest) => Promise<TurnAnswer>;
  }): Promise<JobEnd> {
    const { kind } = request;
    const site = siteOf(request);
    const began = performance.now();
    let end: JobEnd | undefined;
    const tell = (event: NewEvent): void => this.#tell(event, onLine);
    const about = site === undefined ? {} : { site };
    tell({ type: 'job-started', job: id, kind, title: kind, ...about });
    const ended = await runLines(this.#command, { id, request, turns: onTurn !== undefined }, (text, reply) => {
      const line = parse(text);
      if (line?.type === 'turn') void onTurn?.(line).then(reply);
      else if (line?.type === 'job-end') end = line;
      else if (line) {
        this.#events.record(line);
        onLine(line);
      }
    });
    end ??= failed(withoutEnd(kind, ended));
    const problems = end.outcome === 'failed' ? end.problems : [];
    tell({
      type: 'job-finished',
      job: id,
      seconds: (performance.now() - began) / 1000,
      outcome: end.outcome,
      problems,
      ...about,
    });
    onLine(end);
    return end;
  }
}

/** What reads changes nothing but caches: it waits for nobody, and nobody for it. */
function isReading(request: JobRequest): boolean {
  return (
    request.kind === 'plan' ||
    request.kind === 'check' ||
    request.kind === 'export' ||
    (request.kind === 'up' && request.confirmed === undefined)
  );
}

function newId(): string {
  return `${Date.now().toString(36)}${Math.floor(Math.random() * 36 ** 3).toString(36)}`;
}

function busyWith(job: RunningJob): Problem {
  return {
    code: 'busy',
    summary: `'${job.kind}'${job.site === undefined ? '' : ` of the site ${job.site}`} has been running since ${job.since} (job ${job.id})`,
    cure: ['Wait for it: the same command with --wait does.', '$ roadie events -f'],
  };
}

function failed(problem: Problem): JobEnd {
  return { type: 'job-end', outcome: 'failed', problems: [problem] };
}

function describeError(error: unknown): string {
  return stackOf(error);
}

/** The problem of a job that ended without a word: somebody killed it, or it is a bug. */
function withoutEnd(kind: string, ended: number | NodeJS.Signals): Problem {
  if (typeof ended === 'string')
    return {
      code: 'job-killed',
      summary: `'${kind}' was ended from outside while it ran (${ended})`,
      cure: [
        'Run the same command again: what was done is kept, and it goes on from there.',
        'If nobody did it, memory ran out: `dmesg | tail` shows what the system ended.',
      ],
    };
  return bug('The job ended without a result', `Its exit code was ${ended}.`);
}

function bug(summary: string, detail: string): Problem {
  return {
    code: 'bug',
    summary,
    detail,
    cure: [
      'Run the same command again: what was done is kept.',
      "If it happens again, report it with the daemon's log.",
    ],
  };
}

/** The site that a job is about, as far as its request tells. */
function siteOf(request: JobRequest): string | undefined {
  if ('site' in request) return request.site;
  return request.kind === 'up' ? request.name : undefined;
}

function parse(text: string): JobLine | TurnRequest | undefined {
  try {
    return JSON.parse(text) as JobLine | TurnRequest;
  } catch {
    return undefined;
  }
}
