import type { NewEvent, RoadieEvent } from '../contract/events.ts';
import type { JobKind, JobRequest } from '../contract/jobs.ts';
import type { JobEnd } from '../contract/results.ts';
import { runLines } from '../machine/processes/line-process.ts';
import type { Problem } from '../problems/problem.ts';
import type { EventLog } from './event-log.ts';
import { stackOf } from '../problems/stack.ts';

/** What runs now: told to whoever has to wait. */
export type RunningJob = {
  readonly id: string;
  readonly kind: JobKind;
  readonly site: string | undefined;
  readonly since: string;
};

type JobLine = RoadieEvent | JobEnd;

/**
 * Runs one job at a time, each in a process of its own that ends: the daemon stays small, and a bug in a job cannot take the
 * services down. A request has been checked when it comes here: what it says of itself is told in the events.
 */
export class JobRunner {
  readonly #command: readonly [string, ...string[]];
  readonly #events: EventLog;
  #running: RunningJob | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: { readonly command: readonly [string, ...string[]]; readonly events: EventLog }) {
    this.#command = options.command;
    this.#events = options.events;
  }

  get running(): RunningJob | undefined {
    return this.#running;
  }

  /** The problem that a second job meets; undefined where there is nothing to wait for. */
  busy(): Problem | undefined {
    const job = this.#running;
    if (!job) return undefined;
    return {
      code: 'busy',
      summary: `'${job.kind}'${job.site === undefined ? '' : ` of the site ${job.site}`} has been running since ${job.since} (job ${job.id})`,
      cure: ['Wait for it: the same command with --wait does.', '$ roadie events -f'],
    };
  }

  /** Runs a job behind those that wait already, passing on its events and its end; answers with that end. Never rejects. */
  run(request: JobRequest, listener: (line: JobLine) => void = () => undefined): Promise<JobEnd> {
    const onLine = (line: JobLine): void => {
      try {
        listener(line);
      } catch (error) {
        // Who listens badly must not break off what was begun.
        process.stderr.write(`${describeError(error)}\n`);
      }
    };
    if (this.#waiting >= 16) {
      const refused = failed({
        code: 'busy',
        summary: 'Sixteen operations are waiting already',
        cure: ['Wait until they are done: `roadie events -f` shows them.'],
      });
      onLine(refused);
      return Promise.resolve(refused);
    }
    this.#waiting += 1;
    const done = this.#queue
      .then(() => this.#run(request, onLine))
      .catch((error: unknown) => {
        // Whatever goes wrong with one job, those behind it have their turn.
        process.stderr.write(`${describeError(error)}\n`);
        const broken = failed(bug('The job could not be run', String(error)));
        onLine(broken);
        return broken;
      })
      .finally(() => {
        this.#running = undefined;
        this.#waiting -= 1;
      });
    this.#queue = done;
    return done;
  }

  async #run(request: JobRequest, onLine: (line: JobLine) => void): Promise<JobEnd> {
    const { kind } = request;
    const site = siteOf(request);
    const id = `${Date.now().toString(36)}${Math.floor(Math.random() * 36 ** 3).toString(36)}`;
    const began = performance.now();
    this.#running = { id, kind, site, since: new Date().toISOString() };
    let end: JobEnd | undefined;
    const tell = (event: NewEvent): void => {
      const stamped = { ...event, time: new Date().toISOString() };
      this.#events.record(stamped);
      onLine(stamped);
    };
    const about = site === undefined ? {} : { site };
    tell({ type: 'job-started', job: id, kind, title: kind, ...about });
    const ended = await runLines(this.#command, { id, request }, (text) => {
      const line = parse(text);
      if (line?.type === 'job-end') end = line;
      else if (line) {
        this.#events.record(line);
        onLine(line);
      }
    });
    this.#running = undefined;
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

function parse(text: string): JobLine | undefined {
  try {
    return JSON.parse(text) as JobLine;
  } catch {
    return undefined;
  }
}
