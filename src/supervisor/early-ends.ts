import type { ServiceStatus } from '../contract/status.ts';
import { lastLines } from '../machine/logs/log-files.ts';
import { errorLine } from '../problems/traceback.ts';
import type { ServiceSpec } from '../services/service.ts';
import { isCrashLoop } from './restart.ts';

/** How many lines of a run's log are looked at for what it ended with. */
const readLines = 200;

/** What a service's last run that ended early has said: read when it ends, since the next one writes to the same log. */
export class EarlyEnds {
  #error: string | undefined;

  /** A run has ended whose output begins at byte `from` of the log. */
  async ended({ log, directory }: ServiceSpec, from: number): Promise<void> {
    const output = await lastLines(log.path, readLines, from).catch(() => []);
    this.#error = errorLine(output, directory) ?? this.#error;
  }

  /** As the status shows so many of them in a row. */
  shown(count: number): Pick<ServiceStatus, 'early_ends'> {
    if (count === 0) return {};
    return { early_ends: { count, loop: isCrashLoop(count), error: this.#error ?? null } };
  }
}
