import type { ZodType } from 'zod';

import * as z from 'zod';

import {
  type Answers,
  type EndpointName,
  endpoints,
  type LogLine,
  type SiteEnvironment,
} from '../contract/endpoints.ts';
import { eventSchema, problemSchema, type RoadieEvent } from '../contract/events.ts';
import type { JobKind, JobOf } from '../contract/jobs.ts';
import { type Releases, releasesSchema } from '../contract/releases.ts';
import { jobEndSchema, type JobResults, jobResultSchemas } from '../contract/results.ts';
import { statusSchema } from '../contract/status.ts';
import { type Watch, watchSchema } from '../contract/watch.ts';
import { type ApiCall, type ApiReply, callApi, streamApi } from '../machine/network/api-client.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';

/** How a job ended: its result, or its problems. */
export type JobOutcome<Kind extends JobKind> =
  | { readonly ok: true; readonly result: JobResults[Kind] }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

export type ServiceAction = 'start' | 'stop' | 'restart';

const changedServices = z.object({ services: z.array(z.string()) });

const siteEnvironment = z.object({
  site: z.string(),
  root: z.string(),
  bin: z.string(),
  environment: z.record(z.string(), z.string()),
  origins: z.record(z.string(), z.object({ by: z.enum(['owner', 'roadie']), because: z.string() })).exactOptional(),
  uid: z.int().exactOptional(),
  gid: z.int().exactOptional(),
  groups: z.array(z.int()).exactOptional(),
  view: z
    .object({
      hidden: z.array(z.string()),
      readable: z.array(z.string()),
      writable: z.array(z.string()),
      tmp: z.string().exactOptional(),
    })
    .exactOptional(),
});

const logLine = z.object({ service: z.string(), line: z.string() });
const refusal = z.object({ problems: z.tuple([problemSchema], problemSchema) });

/**
 * Talks to the daemon and checks all that it says. Every method throws a ProblemError: what the daemon refuses,
 * `daemon-not-running`, or `bug` where the answer is not what the contract says.
 */
export class DaemonClient {
  readonly #socketPath: string;
  readonly #start: (() => Promise<void>) | undefined;

  /** With `start` the daemon is started where it does not run. */
  constructor(socketPath: string, start?: () => Promise<void>) {
    this.#socketPath = socketPath;
    this.#start = start;
  }

  status(): Promise<Answers['status']> {
    return this.#json('status', {}, {}, statusSchema);
  }

  /** Starts, stops or restarts a site or one service of it; resolves when it is done. */
  change(action: ServiceAction, site: string, service?: string): Promise<{ readonly services: readonly string[] }> {
    return this.#json(action, { site }, { service }, changedServices);
  }

  releases(site: string): Promise<Releases> {
    return this.#json('releases', { site }, {}, releasesSchema);
  }

  /** What the daemon knows of the repository that a site follows. */
  watch(site: string): Promise<Watch> {
    return this.#json('watch', { site }, {}, watchSchema);
  }

  /** Holds secrets. */
  environment(site: string): Promise<SiteEnvironment> {
    return this.#json('environment', { site }, {}, siteEnvironment);
  }

  async stopDaemon(services: boolean): Promise<void> {
    await this.#json(
      'stopDaemon',
      {},
      { services: services ? '1' : undefined },
      z.object({ stopped: z.literal(true) }),
    );
  }

  events(options: {
    readonly follow: boolean;
    readonly lines?: number | undefined;
    readonly site?: string | undefined;
    readonly signal: AbortSignal;
  }): AsyncIterable<RoadieEvent> {
    return this.#stream('events', {}, streamQuery(options), eventSchema, options.signal);
  }

  logs(
    site: string,
    options: {
      readonly service?: string | undefined;
      readonly follow: boolean;
      readonly lines?: number | undefined;
      readonly signal: AbortSignal;
    },
  ): AsyncIterable<LogLine> {
    return this.#stream(
      'logs',
      { site },
      { ...streamQuery(options), service: options.service },
      logLine,
      options.signal,
    );
  }

  /**
   * Runs a job, handing on its events. Resolves with its end; undefined where `signal` ended the watching (the job goes on).
   * Throws `busy` where another one runs and `wait` is false.
   */
  async job<Kind extends JobKind>(
    request: JobOf<Kind> & { readonly kind: Kind },
    options: { readonly wait: boolean; readonly signal: AbortSignal; readonly onEvent: (event: RoadieEvent) => void },
  ): Promise<JobOutcome<Kind> | undefined> {
    const line = z.union([eventSchema, jobEndSchema]);
    for await (const value of this.#stream(
      'job',
      {},
      { wait: options.wait ? '1' : undefined },
      line,
      options.signal,
      request,
    )) {
      if (value.type !== 'job-end') options.onEvent(value);
      else if (value.outcome === 'failed') return { ok: false, problems: wireProblems(value) };
      else
        return {
          ok: true,
          result: checked<JobResults[Kind]>(
            jobResultSchemas[request.kind] as unknown as ZodType<JobResults[Kind]>,
            value.result,
            `the result of '${request.kind}'`,
          ),
        };
    }
    if (options.signal.aborted) return undefined;
    throw new ProblemError({
      code: 'daemon-failed',
      summary: `The daemon ended while '${request.kind}' was running`,
      cure: ['Run the same command again: what was done is kept.', '$ roadie daemon status'],
    });
  }

  async #json<T>(
    endpoint: EndpointName,
    parameters: Readonly<Record<string, string>>,
    query: Query,
    schema: ZodType<T>,
  ): Promise<T> {
    const reply = await this.#starting(() => callApi(this.#call(endpoint, parameters, query)));
    if (reply.status !== 200) throw refused(reply);
    return checked(schema, reply.value, `the answer to ${endpoint}`);
  }

  async *#stream<T>(
    endpoint: EndpointName,
    parameters: Readonly<Record<string, string>>,
    query: Query,
    schema: ZodType<T>,
    signal: AbortSignal,
    body?: unknown,
  ): AsyncGenerator<T, void, undefined> {
    const call = { ...this.#call(endpoint, parameters, query), signal, ...(body !== undefined && { body }) };
    try {
      const reply = await this.#starting(() => streamApi(call));
      if (!('values' in reply)) throw refused(reply);
      for await (const value of reply.values) yield checked(schema, value, `a line of ${endpoint}`);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #call(endpoint: EndpointName, parameters: Readonly<Record<string, string>>, query: Query): ApiCall {
    const { method, path } = endpoints[endpoint];
    const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, value]])),
    ).toString();
    return { socketPath: this.#socketPath, method, path: search === '' ? filled : `${filled}?${search}` };
  }

  async #starting<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!this.#start || !(error instanceof ProblemError) || error.problems[0].code !== 'daemon-not-running')
        throw error;
      await this.#start();
      return ask();
    }
  }
}

type Query = Readonly<Record<string, string | undefined>>;

function streamQuery(options: {
  readonly follow: boolean;
  readonly lines?: number | undefined;
  readonly site?: string | undefined;
}): Query {
  return { follow: options.follow ? '1' : undefined, lines: options.lines?.toString(), site: options.site };
}

function refused(reply: ApiReply): Error {
  const parsed = refusal.safeParse(reply.value);
  return parsed.success
    ? new ProblemError(...wireProblems(parsed.data))
    : misunderstood(`status ${reply.status}`, (JSON.stringify(reply.value) ?? 'no JSON').slice(0, 500));
}

function checked<T>(schema: ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw misunderstood(what, parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
}

function misunderstood(what: string, detail: string): ProblemError {
  return new ProblemError({
    code: 'bug',
    summary: `The daemon and this program do not understand each other: ${what}`,
    detail,
    cure: [
      'The daemon may be of another version. Stop it (the sites go on) and run the same command again:',
      '$ roadie daemon stop',
    ],
  });
}

function wireProblems(from: { readonly problems: readonly Problem[] }): [Problem, ...Problem[]] {
  const [first, ...rest] = from.problems;
  if (!first) throw new Error('a failed job without a problem');
  return [first, ...rest];
}
