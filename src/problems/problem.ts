import type { ProblemCode } from './catalogue.ts';

/** A place in a file of the user's. Lines and columns start at 1. */
export type Where = {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
};

/**
 * An expected failure, told so that a person can act on it: what happened, where, and what to do.
 * Everything that a user can cause is a problem; everything else is a bug and throws an ordinary error.
 */
export type Problem = {
  readonly code: ProblemCode;
  /** One sentence with the value met and the value wanted. */
  readonly summary: string;
  /** Several lines at most: a tool's own words, or the background. Never a secret. */
  readonly detail?: string;
  readonly where?: Where;
  /** What to do, most likely first. A line that starts with `$ ` is a command to type. Never empty. */
  readonly cure: readonly [string, ...string[]];
};

/** A value, or all the problems that stand in its way. Pure code returns this and never throws a problem. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly [Problem, ...Problem[]] };

/** The successful result. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** The failed result. */
export function failed<T = never>(first: Problem, ...rest: readonly Problem[]): Result<T> {
  return { ok: false, problems: [first, ...rest] };
}

/**
 * Carries problems through code that acts on the machine, where every other line can fail.
 * It is thrown by `machine/` and by what applies, and turned back into values at the boundary (a job, a command).
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problems: readonly [Problem, ...Problem[]];

  constructor(first: Problem, ...rest: readonly Problem[]) {
    super([first, ...rest].map((problem) => problem.summary).join('; '));
    this.problems = [first, ...rest];
  }
}

/** The value of a result; throws its problems as a {@link ProblemError}. For code that acts, not for code that decides. */
export function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(...result.problems);
}
