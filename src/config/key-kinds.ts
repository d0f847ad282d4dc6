import * as z from 'zod';

import type { Result } from '../problems/problem.ts';

/** A number of seconds, above 0 and at most an hour. */
export const seconds = (description: string, example: string) =>
  z.number().positive().max(3600).meta({ description, wants: 'a number of seconds above 0, at most 3600', example });

/** A whole number from 1 on. */
export const count = (description: string, most: number, example: string) =>
  z
    .int()
    .min(1)
    .max(most)
    .meta({ description, wants: `a whole number from 1 to ${most}`, example });

/** Megabytes that a service may use. */
export const memory = (example: string) =>
  z.int().min(32).max(1_048_576).meta({
    description:
      'Memory of all its processes together, in megabytes. Where they need more for some time, they are replaced, the web server without a refused request. Default: no limit.',
    wants: 'a whole number from 32 to 1048576',
    example,
  });

/** Cores that a service may use. */
export const cores = (example: string) =>
  z.number().min(0.01).max(1024).meta({
    description:
      'How many cores all its processes together may use, where the machine has control groups of version 2 (`roadie check` says so where it has not). Default: no limit.',
    wants: 'a number of cores from 0.01 to 1024',
    example,
  });

/** Refuses what a check refuses, in the check's own words. */
export const passes =
  (check: (text: string) => Result<unknown>) =>
  (text: string, context: z.RefinementCtx): void => {
    const result = check(text);
    if (!result.ok)
      context.addIssue({
        code: 'custom',
        message: result.problems[0].summary,
        params: { problem: result.problems[0] },
      });
  };

/** A relative folder that stays inside the project. */
export const inside = /^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\0\\]+$/;
