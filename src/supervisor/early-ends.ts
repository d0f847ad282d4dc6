import { crashLoopText } from '../contract/crash-loop.ts';
import type { ServiceStatus } from '../contract/status.ts';
import { lastLines } from '../machine/logs/log-files.ts';
import type { Problem } from '../problems/problem.ts';
import { errorLine, placeInProject, tellingLines } from '../problems/traceback.ts';
import type { ServiceSpec } from '../services/service.ts';
import { earlyEndsOf, type Lifecycle } from './lifecycle-state.ts';
import { isCrashLoop } from './restart.ts';
import { isWell } from './steadiness.ts';

/** How many lines of a run's log are looked at for what it ended with, and how much of its error is kept. */
const readLines = 200;
const longest = 300;

/** What a run's log tells of its end. */
type LastWords = Required<Pick<Problem, 'detail' | 'where'>> & { readonly error: string | null };

/** What a service's last run that ended early has said: read when it ends, since the next one writes to the same log. */
export class EarlyEnds {
  #last: Promise<LastWords> | undefined;
  #error: string | null = null;

  /** A run has ended whose output begins at byte `from` of the log. */
  ended(spec: ServiceSpec, from: number): void {
    this.#last = lastWords(spec, from);
    void this.#last.then(({ error }) => (this.#error = error));
  }

  /** As the status shows them. What runs well again, as a database does after it was recovered, is in no loop. */
  shown(state: Lifecycle, now: number): Pick<ServiceStatus, 'early_ends'> {
    const count = earlyEndsOf(state, now);
    const loop = isCrashLoop(count) && !isWell(state, now);
    return count === 0 ? {} : { early_ends: { count, loop, error: this.#error } };
  }

  /** What a crash loop of so many of them is told as, but for what to do about it. */
  async problem(
    { group, name, log }: ServiceSpec,
    count: number,
  ): Promise<Pick<Problem, 'summary' | 'detail' | 'where'>> {
    const { error, ...more } = (await this.#last) ?? { error: null, detail: '', where: { file: log.path } };
    const early = { count, loop: true, error };
    return { summary: crashLoopText({ name, early_ends: early }, `${name} of ${group}`) ?? name, ...more };
  }
}

async function lastWords({ log, directory }: ServiceSpec, from: number): Promise<LastWords> {
  const output = await lastLines(log.path, readLines, from).catch(() => []);
  return {
    error: errorLine(output, directory)?.slice(0, longest) ?? null,
    detail: tellingLines(output, directory).join('\n') || 'It wrote nothing to its log.',
    where: placeInProject(output, directory) ?? { file: log.path },
  };
}
