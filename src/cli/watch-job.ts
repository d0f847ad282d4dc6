import type { RoadieEvent } from '../contract/events.ts';
import type { JobKind, JobOf } from '../contract/jobs.ts';
import type { JobResults } from '../contract/results.ts';
import { catalogue } from '../problems/catalogue.ts';
import type { JobOutcome } from './client.ts';
import type { Context } from './command.ts';
import type { Output } from './environment.ts';
import { siteNamed } from './sites.ts';
import { Progress } from './views/progress.ts';

/** A job that ended, or the exit code of a watcher who pressed Ctrl-C. */
export type Watched<Kind extends JobKind> = JobOutcome<Kind> | { readonly interrupted: number };

export type WatchOptions = {
  /** Queue behind a running job instead of refusing. */
  readonly wait: boolean;
  /** Progress goes here; a command whose answer is its output sends it to standard error. */
  readonly out: Output;
  /** Called for each event first; what it returns is printed above the moving line. */
  readonly onEvent?: (event: RoadieEvent) => string | undefined;
  /** Say nothing of the progress: the caller prints JSON. */
  readonly quiet: boolean;
};

/** A few times a second is enough to look alive. */
const tickMs = 120;

/** Runs a job and shows its progress. At Ctrl-C the job goes on in the daemon: this says so and how to follow it. */
export async function watchJob<Kind extends JobKind>(
  context: Context,
  request: JobOf<Kind> & { readonly kind: Kind },
  options: WatchOptions,
): Promise<Watched<Kind>> {
  const { env, style } = context;
  const client = await context.client();
  const progress = new Progress(options.out, {
    style,
    moving: env.isTerminal && !options.quiet,
    columns: env.columns,
    now: env.now,
    waitingFor: options.wait ? 'Waiting for the operation that runs' : 'Starting',
  });
  const watching = new AbortController();
  const stopListening = env.onInterrupt(() => watching.abort());
  const ticking = env.isTerminal && !options.quiet ? setInterval(() => progress.tick(), tickMs) : undefined;
  try {
    const outcome = await client.job<Kind>(request, {
      wait: options.wait,
      signal: watching.signal,
      onEvent: (event) => {
        const text = options.onEvent?.(event);
        if (options.quiet) return;
        if (text !== undefined) progress.say(text);
        progress.event(event);
      },
    });
    if (outcome) return outcome;
    progress.end();
    env.stderr.write(
      `\nThis command ends here; '${request.kind}' goes on in the background. To follow it:\n  $ roadie events -f\n`,
    );
    return { interrupted: catalogue.interrupted.exit };
  } finally {
    if (ticking !== undefined) clearInterval(ticking);
    progress.end();
    stopListening();
  }
}

/**
 * Runs a job whose answer is its result: progress on standard error, then `show`, or the result as one value with --json.
 * Resolves with the exit code.
 */
export async function runJob<Kind extends JobKind>(
  context: Context,
  request: JobOf<Kind> & { readonly kind: Kind },
  wait: boolean,
  show: (result: JobResults[Kind]) => number,
): Promise<number> {
  // A name that does not exist is told at once, with the nearest one; but a source is given for a site that is to come.
  if ('site' in request && !('source' in request)) await siteNamed(await context.client(), request.site);
  const watched = await watchJob<Kind>(context, request, { wait, out: context.env.stderr, quiet: context.json });
  if ('interrupted' in watched) return watched.interrupted;
  if (!watched.ok) return context.report(watched.problems);
  context.emit(watched.result);
  return show(watched.result);
}
