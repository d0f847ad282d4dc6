import type { LogLine } from '../../contract/answers.ts';
import { followLines, lastLines } from './log-files.ts';

/** A service's log. */
export type NamedLog = { readonly service: string; readonly path: string };

/**
 * Sends the last lines of several logs, one log after another, then with `follow` what is added to any of them until `gone`
 * aborts.
 */
export async function followLogs(
  logs: readonly NamedLog[],
  options: { readonly lines: number; readonly follow: boolean; readonly gone: AbortSignal },
  send: (line: LogLine) => void,
): Promise<void> {
  for (const { service, path } of logs) {
    for (const line of await lastLines(path, options.lines)) send({ service, line });
  }
  if (!options.follow) return;
  await Promise.all(
    logs.map(({ service, path }) => followLines(path, options.gone, (line) => send({ service, line }))),
  );
}
