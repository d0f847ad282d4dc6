import type { JobOf } from '../contract/jobs.ts';
import { catalogue } from '../problems/catalogue.ts';
import type { Problem } from '../problems/problem.ts';
import type { Context } from './command.ts';
import { isEmpty, planView } from './views/plan.ts';
import { upSummary } from './views/summary.ts';
import { harmless } from './views/text.ts';
import { waitForVerdict } from './wait-bake.ts';
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

/** Tells how it ended, and gives the exit code; with `waitBake` once it is known what became of the new release. */
export async function finishUp(
  context: Context,
  watched: Watched<'up' | 'deploy' | 'push'>,
  { waitBake }: { readonly waitBake: boolean } = { waitBake: false },
): Promise<number> {
  if ('interrupted' in watched) return watched.interrupted;
  if (!watched.ok) return failed(context, watched.problems);
  const { result } = watched;
  context.say(`\n${upSummary(result, context.style, { endsAtReboot: await context.env.endsAtReboot() })}`);
  const { bake, site } = result;
  if (!waitBake || !bake || !result.applied) {
    context.emit({ type: 'job-end', outcome: 'done', result });
    if (waitBake && !bake) context.say('There is nothing to wait for: the release is not watched.');
    return 0;
  }
  const verdict = await waitForVerdict(context, site, bake);
  if (verdict !== 'interrupted' && !verdict.proven) return failed(context, [verdict.problem]);
  const proven = verdict === 'interrupted' ? null : 'proven';
  context.emit({ type: 'job-end', outcome: 'done', result: { ...result, bake: { ...bake, verdict: proven } } });
  if (proven === null) return catalogue.interrupted.exit;
  context.say(`${context.style.green('Proven:')} release ${harmless(bake.release)} stays.`);
  return 0;
}

function failed(context: Context, problems: readonly [Problem, ...Problem[]]): Promise<number> | number {
  if (!context.json) return context.report(problems);
  context.emit({ type: 'job-end', outcome: 'failed', problems });
  return catalogue[problems[0].code].exit;
}
