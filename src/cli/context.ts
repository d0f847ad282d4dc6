import type { Context } from './command.ts';
import type { CliEnvironment } from './environment.ts';
import { exitCodeOf, withSourceLines } from './report.ts';
import { problemsView } from './views/problems.ts';
import { harmlessJson } from './views/text.ts';
import { makeStyle } from './views/style.ts';

/** What commands are given, for one call of the program. */
export function makeContext(env: CliEnvironment, json: boolean): Context {
  const style = makeStyle(env.colour && !json);
  const emit = (value: unknown): void => {
    if (json) env.stdout.write(`${harmlessJson(value)}\n`);
  };
  return {
    env,
    json,
    style,
    client: async ({ start } = { start: true }) => {
      // The client brings the schemas and their checker, which help and completion do without.
      const { DaemonClient } = await import('./client.ts');
      return new DaemonClient(env.socketPath, start ? env.startDaemon : undefined);
    },
    say: (text) => {
      if (!json) env.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    emit,
    report: async (problems) => {
      emit({ problems });
      if (!json) env.stderr.write(problemsView(await withSourceLines(problems), style));
      return exitCodeOf(problems);
    },
  };
}
