import type { ProbeFailure } from '../django/probe/probe.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import { commitDate } from '../source/commit-date.ts';
import type { BuildContext } from './context.ts';

/** Two packages, by the names that are imported: the one asks the other for what its version does not have. */
export type Drifted = { readonly asking: string; readonly asked: string };

/**
 * The packages that no longer go together, where a failure to load the project lies between two of them and not in the project;
 * undefined for any other failure.
 */
export function driftedIn({
  type,
  text,
  traceback,
}: Pick<ProbeFailure, 'type' | 'text' | 'traceback'>): Drifted | undefined {
  if (!/^(?:ImportError|ModuleNotFoundError|AttributeError)$/.test(type)) return undefined;
  const frames = [...traceback.matchAll(/^ {2}File "([^"<]+)", line \d+/gm)].map(([, file = '']) => file);
  const innermost = frames.findLast((file) => !/\/roadie_\w+\.py$/.test(file)) ?? '';
  const asking = /\/site-packages\/(\w+)(?:\/|\.py$)/.exec(innermost)?.[1];
  // A module without a dot is a package that is missing altogether.
  const asked =
    /cannot import name '\w+' from '(\w+)/.exec(text)?.[1] ??
    /No module named '(\w+)\.[\w.]+'/.exec(text)?.[1] ??
    /module '(\w+)(?:\.[\w.]+)?' has no attribute/.exec(text)?.[1];
  return asking === undefined || asked === undefined || asking === asked ? undefined : { asking, asked };
}

/** The same error; where packages have drifted apart and no lock holds them, with both named and the way back to the day of the commit. */
export async function explainDrift(context: BuildContext, failure: ProbeFailure, error: unknown): Promise<unknown> {
  const { blueprint } = context;
  const drifted = driftedIn(failure);
  const locked = /-lock$|^none$/.test(blueprint.dependencies.kind);
  if (!(error instanceof ProblemError) || !drifted || locked || blueprint.requirementsAsOf !== undefined) return error;
  const [problem, ...rest] = error.problems;
  if (problem.code !== 'settings-failed') return error;
  const { asking, asked } = drifted;
  const committed = await dayToGoBackTo(context);
  const cure: Problem['cure'] = [
    `Hold ${asked} or ${asking} to a version that the other knows, in the requirements.`,
    ...(committed === undefined ? [] : [asOfCure(committed)]),
  ];
  return new ProblemError(
    {
      ...problem,
      summary: `${asking} and ${asked} do not go together in the versions that were installed: ${failure.text.trim()}`,
      cure,
    },
    ...rest,
  );
}

/** The day of the commit, where requirements can be resolved as of it: uv alone can. Undefined too for a folder without commits. */
export async function dayToGoBackTo({ blueprint, place, builder, state }: BuildContext): Promise<string | undefined> {
  if (state.installer?.kind !== 'uv') return undefined;
  return commitDate(blueprint.source, place.folders.checkouts, builder);
}

/** How to have what the index had on a day. */
export function asOfCure(day: string): string {
  return `Or take what the package index had on the day of the commit: write \`requirements_as_of = "${day}"\` into roadie.toml and run the same command again. That goes without later fixes, also of security holes: a lock is better.`;
}
