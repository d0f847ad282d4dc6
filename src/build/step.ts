import type { Emit } from '../contract/events.ts';
import { ProblemError } from '../problems/problem.ts';

/** What a step says of itself: nothing where it did its work, `skipped` with the reason where there was none to do. */
export type StepOutcome = { readonly skipped: string } | { readonly detail: string } | undefined;

/** One step of a pipeline, as data. `undo` takes back what `run` did or half did, and may be called where `run` never began. */
export type Step<Context> = {
  readonly name: string;
  /** For people, as a sentence's beginning: `Install the project's requirements`. */
  readonly title: string;
  run(context: Context): Promise<StepOutcome>;
  undo?(context: Context): Promise<void>;
};

/** Whom steps are told to. */
export type StepReport = {
  readonly job: string;
  readonly site?: string;
  readonly emit: Emit;
  /** Absolute path of the log that the steps write to. */
  readonly log?: string;
  readonly signal?: AbortSignal | undefined;
};

/** How long a step took, in seconds. */
export type StepTime = { readonly step: string; readonly seconds: number };

/**
 * Runs steps in order and tells of each. Where one fails, the steps so far (that one included) are undone in reverse and its
 * error is thrown; an undo that fails as well becomes a note, since the first error is the one that explains.
 */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  report: StepReport,
): Promise<readonly StepTime[]> {
  const site = report.site === undefined ? {} : { site: report.site };
  const times: StepTime[] = [];
  for (const [index, step] of steps.entries()) {
    const of = { ...site, job: report.job, step: step.name, title: step.title };
    const began = performance.now();
    const seconds = (): number => Math.round(performance.now() - began) / 1000;
    report.emit({ ...of, type: 'step-started', ...(report.log !== undefined && { log: report.log }) });
    try {
      report.signal?.throwIfAborted();
      const outcome = await step.run(context);
      const skipped = outcome !== undefined && 'skipped' in outcome;
      const detail = outcome === undefined ? undefined : 'skipped' in outcome ? outcome.skipped : outcome.detail;
      report.emit({
        ...of,
        type: 'step-finished',
        seconds: seconds(),
        outcome: skipped ? 'skipped' : 'done',
        ...(detail !== undefined && { detail }),
      });
      times.push({ step: step.name, seconds: seconds() });
    } catch (error) {
      report.emit({
        ...of,
        type: 'step-finished',
        seconds: seconds(),
        outcome: 'failed',
        ...(error instanceof ProblemError && { detail: error.problems[0].summary }),
      });
      await undo(steps.slice(0, index + 1).toReversed(), context, report);
      throw error;
    }
  }
  return times;
}

/** Does one thing as a step that everybody can watch; for work that takes back nothing. */
export async function runStep(
  step: { readonly name: string; readonly title: string },
  report: StepReport,
  work: () => Promise<unknown>,
): Promise<void> {
  const run = async (): Promise<undefined> => {
    await work();
  };
  await runSteps([{ ...step, run }], undefined, report);
}

async function undo<Context>(steps: readonly Step<Context>[], context: Context, report: StepReport): Promise<void> {
  for (const step of steps) {
    try {
      await step.undo?.(context);
    } catch (error) {
      report.emit({
        ...(report.site !== undefined && { site: report.site }),
        type: 'note',
        level: 'warning',
        text: `${step.title}: could not be undone: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }
}
