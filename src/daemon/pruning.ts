import type { JobEnd } from '../contract/results.ts';
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
      let end: JobEnd | undefined;
      await jobs.run({ kind: 'prune' }, (line) => {
        if (line.type === 'job-end') end = line;
      });
      if (end?.outcome !== 'done') throw new Error(end?.problems[0]?.summary ?? 'the operation did not end');
      const { removed } = end.result as { readonly removed: readonly string[] };
      return { result: removed.length === 0 ? 'nothing to delete' : `${removed.length} deleted` };
    },
  };
}
