import type { Answers, LogLine, OwnFiles, SiteEnvironment } from '../contract/answers.ts';
import type { RoadieEvent } from '../contract/events.ts';
import type { JobKind, JobOf } from '../contract/jobs.ts';
import type { Releases } from '../contract/releases.ts';
import type { JobResults } from '../contract/results.ts';
import type { Watch } from '../contract/watch.ts';
import { checkedResult, DaemonApi } from '../machine/network/daemon-client.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';

/** How a job ended: its result, or its problems. */
export type JobOutcome<Kind extends JobKind> =
  | { readonly ok: true; readonly result: JobResults[Kind] }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

export type ServiceAction = 'start' | 'stop' | 'restart';

/**
 * Talks to the daemon and checks all that it says. Every method throws a ProblemError: what the daemon refuses,
 * `daemon-not-running`, or `bug` where the answer is not what the contract says.
 */
export class DaemonClient {
  readonly #api: DaemonApi;

  /** With `start` the daemon is started where it does not run. */
  constructor(socketPath: string, start?: () => Promise<void>) {
    this.#api = new DaemonApi(socketPath, start);
  }

  status(): Promise<Answers['status']> {
    return this.#api.ask('status', {});
  }

  /** Starts, stops or restarts a site or one service of it; resolves when it is done. */
  change(action: ServiceAction, site: string, service?: string): Promise<Answers[ServiceAction]> {
    return this.#api.ask(action, { site, service });
  }

  releases(site: string): Promise<Releases> {
    return this.#api.ask('releases', { site });
  }

  /** What the daemon knows of the repository that a site follows. */
  watch(site: string): Promise<Watch> {
    return this.#api.ask('watch', { site });
  }

  /** Holds secrets. */
  environment(site: string): Promise<SiteEnvironment> {
    return this.#api.ask('environment', { site });
  }

  /** The owner's own files. */
  files(site: string): Promise<OwnFiles> {
    return this.#api.ask('files', { site });
  }

  async stopDaemon(services: boolean): Promise<void> {
    await this.#api.ask('stopDaemon', { services: services ? '1' : undefined });
  }

  events({
    site,
    signal,
    ...options
  }: StreamOptions & { readonly site?: string | undefined }): AsyncIterable<RoadieEvent> {
    return this.#api.stream('events', { ...linesOf(options), site }, { signal });
  }

  logs(
    site: string,
    { service, signal, ...options }: StreamOptions & { readonly service?: string | undefined },
  ): AsyncIterable<LogLine> {
    return this.#api.stream('logs', { ...linesOf(options), site, service }, { signal });
  }

  /**
   * Runs a job, handing on its events. Resolves with its end; undefined where `signal` ended the watching (the job goes on).
   * Throws `busy` where another one runs and `wait` is false.
   */
  async job<Kind extends JobKind>(
    request: JobOf<Kind> & { readonly kind: Kind },
    options: { readonly wait: boolean; readonly signal: AbortSignal; readonly onEvent: (event: RoadieEvent) => void },
  ): Promise<JobOutcome<Kind> | undefined> {
    const { wait, signal, onEvent } = options;
    for await (const value of this.#api.stream('job', { wait: wait ? '1' : undefined }, { signal, body: request })) {
      if (value.type !== 'job-end') onEvent(value);
      else if (value.outcome === 'failed') return { ok: false, problems: atLeastOne(value.problems) };
      else return { ok: true, result: checkedResult(request.kind, value.result) };
    }
    if (signal.aborted) return undefined;
    throw new ProblemError({
      code: 'daemon-failed',
      summary: `The daemon ended while '${request.kind}' was running`,
      cure: ['Run the same command again: what was done is kept.', '$ roadie daemon status'],
    });
  }
}

type StreamOptions = {
  readonly follow: boolean;
  readonly lines?: number | undefined;
  readonly signal: AbortSignal;
};

function linesOf({ follow, lines }: Pick<StreamOptions, 'follow' | 'lines'>) {
  return { follow: follow ? '1' : undefined, lines: lines?.toString() };
}

function atLeastOne(problems: readonly Problem[]): [Problem, ...Problem[]] {
  const [first, ...rest] = problems;
  if (!first) throw new Error('a failed job without a problem');
  return [first, ...rest];
}
