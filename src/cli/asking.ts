import { ProblemError } from '../problems/problem.ts';
import type { Context } from './command.ts';

/**
 * Refuses where a question could not be answered. `asks`: the beginning of a sentence that says what is asked; `cure`: how to answer
 * in advance. Throws `confirmation-needed`.
 */
export function requireAnswerer(
  { env, json }: Pick<Context, 'env' | 'json'>,
  asks: string,
  cure: readonly [string, ...string[]],
): void {
  if (!json && env.isTerminal) return;
  const why = json ? 'with --json it cannot' : 'there is no terminal to ask on';
  throw new ProblemError({ code: 'confirmation-needed', summary: `${asks}, and ${why}`, cure: [...cure] });
}

/** Whether somebody answers a question with yes; anything else is a no. */
export async function saysYes({ env }: Pick<Context, 'env'>, question: string): Promise<boolean> {
  const answer = await env.ask(question);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
