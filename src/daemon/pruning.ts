import type { Task } from '../schedule/scheduler.ts';
import type { JobRunner } from './job-runner.ts';

/** Milliseconds. */
const day = 86_400_000;

/** Once a day a job deletes for good what nobody goes back to. */
export function pruning(jobs: Pick<JobRunner, 'run'>): Task {
  return {
    task: 'prune',
    everyMs: day,
    firstMs: day,
    async run() {
      const end = await jobs.run({ kind: 'prune' });
      if (end.outcome !== 'done') throw new Error(end.problems[0]?.summary);
      const { removed } = end.result as { readonly removed: readonly string[] };
      return { result: removed.length === 0 ? 'nothing to delete' : `${removed.length} deleted` };
    },
  };
}
