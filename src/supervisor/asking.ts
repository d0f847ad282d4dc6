import { randomUUID } from 'node:crypto';

import type { Clock } from '../machine/clock.ts';
import { httpPage } from '../machine/network/http-probe.ts';
import { familyTicks } from '../machine/processes/processes.ts';
import type { Problem } from '../problems/problem.ts';
import type { ServiceSpec } from '../services/service.ts';
import { type AskPage, failingPage } from './pages.ts';
import { becomesReady } from './readiness.ts';

/** What is asked of a process that never served, once its readiness holds. */
export type Inspection = {
  /** What it must not do. */
  readonly refuse: (pid: number) => Problem | undefined;
  /** How the process that serves now answers a page; absent where none does. */
  readonly before?: AskPage;
};

/** How the questions ended. `refused`: it answers, and is not to be tried again. Without a reason they were given up. */
export type Verdict =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason?: string; readonly refused?: true; readonly problem?: Problem };

/** How long a page may take; what is silent for longer is not waited for. Milliseconds. */
const pageMs = 10_000;

/** The questions that a process is asked until it counts as ready. */
export class Asking {
  /** The id that the newest ones have over HTTP, so that what a log says about them can be found. */
  question = '';
  /** Held until a process has passed it. */
  inspection: Inspection | undefined;
  readonly #clock: Clock;
  readonly #reachable: (path: string) => string;
  #asking: AbortController | undefined;

  /** `reachable`: where a socket of the service can be reached while it is not in its place yet. */
  constructor(clock: Clock, reachable: (path: string) => string) {
    this.#clock = clock;
    this.#reachable = reachable;
  }

  /** Gives up what is being asked. */
  abort(): void {
    this.#asking?.abort();
  }

  /** Asks until the process is ready or refused. `tries`: bad answers after which it is given up; absent: never. */
  async ask(spec: ServiceSpec, pid: () => number | undefined, tries: number | undefined): Promise<Verdict> {
    this.abort();
    const controller = new AbortController();
    this.#asking = controller;
    const { signal } = controller;
    this.question = randomUUID();
    const answer = await becomesReady(spec, {
      clock: this.#clock,
      signal,
      question: this.question,
      reachable: this.#reachable,
      ticks: () => {
        const now = pid();
        return now === undefined ? 0 : familyTicks(now);
      },
      ...(tries !== undefined && { tries }),
    });
    const { inspection } = this;
    if (!answer.ready || !inspection) return answer;
    const now = pid();
    const problem = now === undefined ? undefined : inspection.refuse(now);
    const reason = problem?.summary ?? (await this.#failingPage(spec, inspection, signal));
    if (signal.aborted) return { ready: false };
    this.inspection = undefined;
    return reason === undefined
      ? { ready: true }
      : { ready: false, reason, refused: true, ...(problem && { problem }) };
  }

  async #failingPage(spec: ServiceSpec, { before }: Inspection, signal: AbortSignal): Promise<string | undefined> {
    const ask = pagesOf(spec, this.#reachable, { 'X-Request-ID': this.question }, signal);
    return ask && failingPage(spec.readiness.pages ?? [], { ask, before, clock: this.#clock, signal });
  }
}

/** Asks the pages of a service as its readiness is asked; undefined where that is not over HTTP. */
export function pagesOf(
  { readiness: { probe } }: ServiceSpec,
  reachable: (path: string) => string,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): AskPage | undefined {
  if (probe.kind !== 'http') return undefined;
  const { socket, host } = probe;
  return (path) =>
    httpPage({
      socket: reachable(socket),
      path,
      host,
      headers: { ...probe.headers, ...headers },
      timeoutMs: pageMs,
      ...(signal && { signal }),
    });
}
