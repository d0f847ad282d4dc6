import type { Answers } from '../../contract/answers.ts';
import schemas from '../../contract/answers.json' with { type: 'json' };
import type { JobResults } from '../../contract/results.ts';
import { firstMisfits, type Schema } from '../../contract/check.ts';
import { type Bodies, type EndpointName, endpoints } from '../../contract/endpoints.ts';
import { type Problem, ProblemError } from '../../problems/problem.ts';
import { type ApiCall, type ApiReply, callApi, streamApi } from './api-client.ts';

type Table = typeof endpoints;

/** Endpoints that answer with one value, and those that answer with a stream. */
export type ValueEndpoint = {
  [Name in EndpointName]: Table[Name]['answer'] extends 'json' ? Name : never;
}[EndpointName];
export type StreamEndpoint = Exclude<EndpointName, ValueEndpoint>;

type PathNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | PathNames<More>
    : Rest
  : never;

/** What an endpoint is asked with: the parameters of its path, and those of its query that are wanted. */
export type Question<Name extends EndpointName> = { readonly [Key in PathNames<Table[Name]['path']>]: string } & {
  readonly [Key in Table[Name]['query'][number]]?: string | undefined;
};

const refusal: Schema = schemas.refusal;
const compiled: Readonly<Record<string, Schema>> = schemas.answers;

/**
 * The one way to ask the daemon. What it says is checked by the contract. Every method throws a ProblemError: what the daemon
 * refuses, `daemon-not-running`, `root-needed`, or `bug` where the answer is not what the contract says.
 */
export class DaemonApi {
  readonly #socketPath: string;
  readonly #start: (() => Promise<void>) | undefined;

  /** With `start` the daemon is started where it does not run. */
  constructor(socketPath: string, start?: () => Promise<void>) {
    this.#socketPath = socketPath;
    this.#start = start;
  }

  /** Asks an endpoint that answers with one value, and waits for it, however long the daemon takes. */
  async ask<Name extends ValueEndpoint>(name: Name, question: Question<Name>): Promise<Answers[Name]> {
    const reply = await this.#starting(() => callApi(this.#call(name, question)));
    if (reply.status !== 200) throw refused(reply);
    return checked(reply.value, compiled[name], `the answer to ${name}`) as Answers[Name];
  }

  /** As {@link ask}, taking any answer as it is: from a daemon that may be of another version. */
  async askUnchecked(name: ValueEndpoint): Promise<unknown> {
    return (await this.#starting(() => callApi(this.#call(name, {})))).value;
  }

  /** The values of a stream, until the daemon ends it or `signal` does. */
  async *stream<Name extends StreamEndpoint>(
    name: Name,
    question: Question<Name>,
    ...[options]: Name extends keyof Bodies
      ? [{ readonly signal: AbortSignal; readonly body: Bodies[Name] }]
      : [{ readonly signal: AbortSignal }]
  ): AsyncGenerator<Answers[Name], void, undefined> {
    const { signal } = options;
    try {
      const reply = await this.#starting(() => streamApi({ ...this.#call(name, question), ...options }));
      if (!('values' in reply)) throw refused(reply);
      for await (const value of reply.values)
        yield checked(value, compiled[name], `a value of ${name}`) as Answers[Name];
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #call(name: EndpointName, question: Readonly<Record<string, string | undefined>>): ApiCall {
    const { method, path, query } = endpoints[name];
    const filled = path.replaceAll(/:(\w+)/g, (_, key: string) => encodeURIComponent(question[key] ?? ''));
    const pairs = query.flatMap((key: string): [string, string][] => {
      const value = question[key];
      return value === undefined || path.includes(`:${key}`) ? [] : [[key, value]];
    });
    const search = new URLSearchParams(pairs).toString();
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

/** The result of an operation, checked by its kind. Throws `bug`. */
export function checkedResult<Kind extends keyof JobResults>(kind: Kind, value: unknown): JobResults[Kind] {
  const results: Readonly<Record<string, Schema>> = schemas.results;
  return checked(value, results[kind], `the result of '${kind}'`) as JobResults[Kind];
}

function refused(reply: ApiReply): Error {
  const { value } = reply;
  return firstMisfits(value, refusal).length === 0
    ? new ProblemError(...(value as { readonly problems: [Problem, ...Problem[]] }).problems)
    : misunderstood(`status ${reply.status}`, (JSON.stringify(value) ?? 'no JSON').slice(0, 500));
}

/** The value itself, whose type is then known to its schema. */
function checked(value: unknown, schema: Schema | undefined, what: string): unknown {
  if (!schema) throw misunderstood(what, 'the contract does not know it');
  const told = firstMisfits(value, schema, 'the answer');
  if (told.length > 0) throw misunderstood(what, told.join('\n'));
  return value;
}

function misunderstood(what: string, detail: string): ProblemError {
  return new ProblemError({
    code: 'bug',
    summary: `The daemon and this program do not understand each other: ${what}`,
    detail,
    cure: [
      'The daemon may be of another version. Have the one of this version take over; the sites go on:',
      '$ roadie daemon upgrade',
    ],
  });
}
