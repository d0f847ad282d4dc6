import type { JobOf } from '../contract/jobs.ts';
import { catalogue } from '../problems/catalogue.ts';
import type { Context } from './command.ts';
import { isEmpty, planView } from './views/plan.ts';
import { upSummary } from './views/summary.ts';
import { type Watched, watchJob } from './watch-job.ts';

/** Runs the job; the plan is shown when it is made, or at the end where the job only tells it then. */
export async function watchUp<Kind extends 'up' | 'deploy' | 'push'>(
  context: Context,
  request: JobOf<Kind> & { readonly kind: Kind },
  options: { readonly wait: boolean; readonly showPlan: boolean },
): Promise<Watched<Kind>> {
  const { env, json, style } = context;
  let shown = !options.showPlan || json;
  const watched = await watchJob<Kind>(context, request, {
    wait: options.wait,
    out: env.stdout,
    quiet: json,
    onEvent: (event) => {
      context.emit(event);
      if (event.type !== 'plan-made' || shown) return undefined;
      shown = true;
      return isEmpty(event.plan) ? undefined : `\n${planView(event.plan, style, env.columns)}`;
    },
  });
  if (!shown && 'result' in watched && !watched.result.applied && !isEmpty(watched.result.plan))
    context.say(`\n${planView(watched.result.plan, style, env.columns)}`);
  return watched;
}

/** Tells how it ended, and gives the exit code. */
export async function finishUp(context: Context, watched: Watched<'up' | 'deploy' | 'push'>): Promise<number> {
  if ('interrupted' in watched) return watched.interrupted;
  if (!watched.ok) {
    if (!context.json) return context.report(watched.problems);
    context.emit({ type: 'job-end', outcome: 'failed', problems: watched.problems });
    return catalogue[watched.problems[0].code].exit;
  }
  context.emit({ type: 'job-end', outcome: 'done', result: watched.result });
  context.say(`\n${upSummary(watched.result, context.style, { endsAtReboot: await context.env.endsAtReboot() })}`);
  return 0;
}
