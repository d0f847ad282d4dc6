import type { Emit, RoadieEvent } from '../contract/events.ts';
import { type JobRequest, jobRequestSchema } from '../contract/jobs.ts';
import type { JobEnd } from '../contract/results.ts';
import { systemProblem } from '../machine/system-errors.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { JobContext } from './context.ts';
import { check } from './kinds/check.ts';
import { deploy } from './kinds/deploy.ts';
import { down } from './kinds/down.ts';
import { setEnvironment, unsetEnvironment } from './kinds/environment.ts';
import { putFile, takeFile } from './kinds/own-file.ts';
import { deployKey, deployToken } from './kinds/deploy-key.ts';
import { exportSite } from './kinds/export.ts';
import { followCommit } from './kinds/follow.ts';
import { planSite } from './kinds/plan.ts';
import { prune } from './kinds/prune.ts';
import { push } from './kinds/push.ts';
import { renew } from './kinds/renew.ts';
import { remote } from './remote.ts';
import { rollback } from './kinds/rollback.ts';
import { tune, untune } from './kinds/tune.ts';
import { up } from './kinds/up.ts';
import { webhook } from './kinds/webhook.ts';
import { stackOf } from '../problems/stack.ts';

/** What a job process is given on standard input. */
export type JobInput = {
  readonly id: string;
  readonly request: unknown;
  /** The daemon grants turns. */
  readonly turns?: boolean;
};

/**
 * Runs one operation from its request to its end and never throws: problems come back as values, a bug as the problem `bug`
 * with its stack on standard error.
 */
export async function runJob(
  input: JobInput,
  makeContext: (id: string, emit: Emit) => Promise<JobContext>,
  write: (line: RoadieEvent | JobEnd) => void,
): Promise<void> {
  const parsed = jobRequestSchema.safeParse(input.request);
  if (!parsed.success) {
    write({
      type: 'job-end',
      outcome: 'failed',
      problems: [badRequest(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`))],
    });
    return;
  }
  const emit: Emit = (event) => write({ ...event, time: new Date().toISOString() });
  try {
    const result = await dispatch(parsed.data, await makeContext(input.id, emit));
    write({ type: 'job-end', outcome: 'done', result });
  } catch (error) {
    write({
      type: 'job-end',
      outcome: 'failed',
      problems: error instanceof ProblemError ? [...error.problems] : [systemProblem(error) ?? bug(error)],
    });
  }
}

function dispatch(request: JobRequest, context: JobContext): Promise<unknown> {
  switch (request.kind) {
    case 'up':
      return up(request, context);
    case 'deploy':
      return deploy(request, context);
    case 'rollback':
      return rollback(request, context);
    case 'follow':
      return followCommit(request, context);
    case 'push':
      return push(request, context);
    case 'remote':
      return remote(request, context);
    case 'webhook':
      return webhook(request, context);
    case 'deploy-key':
      return deployKey(request, context);
    case 'deploy-token':
      return deployToken(request, context);
    case 'renew':
      return renew(request, context);
    case 'prune':
      return prune(context);
    case 'plan':
      return planSite(request, context);
    case 'check':
      return check(request, context);
    case 'env-set':
      return setEnvironment(request, context);
    case 'env-unset':
      return unsetEnvironment(request, context);
    case 'file-put':
      return putFile(request, context);
    case 'file-remove':
      return takeFile(request, context);
    case 'tune':
      return tune(request, context);
    case 'untune':
      return untune(request, context);
    case 'export':
      return exportSite(request, context);
    case 'down':
      return down(request, context);
  }
}

function badRequest(issues: readonly string[]): Problem {
  return {
    code: 'bad-arguments',
    summary: 'The request is not valid',
    detail: issues.join('\n'),
    cure: ['Correct the arguments: `roadie COMMAND --help` shows them.'],
  };
}

function bug(error: unknown): Problem {
  const stack = stackOf(error);
  process.stderr.write(`${stack}\n`);
  return {
    code: 'bug',
    summary: 'Internal error in Roadie',
    detail: stack.split('\n').slice(0, 6).join('\n'),
    cure: [
      'Run the same command again: what was done is kept.',
      "If it happens again, report it with this text and the daemon's log.",
    ],
  };
}
