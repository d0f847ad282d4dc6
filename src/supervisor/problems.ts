import { lastLines } from '../machine/log-files.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { Outcome } from './instance.ts';

/** What a service's failed start is told as: why, the last lines of its log, and how to try it by hand. */
export async function startProblem(outcome: Extract<Outcome, { ready: false }>): Promise<Problem> {
  const { spec } = outcome;
  if (outcome.problem) return outcome.problem.problems[0];
  const lines = await lastLines(spec.log.path, 20, outcome.logFrom).catch(() => []);
  return {
    code: 'service-failed',
    summary: `${spec.name} of ${spec.group} does not become ready: it ${spoken(outcome.reason)}`,
    detail: lines.length > 0 ? lines.join('\n') : 'It wrote nothing to its log.',
    where: { file: spec.log.path },
    cure: [
      'Mend what its log says, and try again.',
      `$ roadie logs ${spec.group} ${spec.name}`,
      `It was started in ${spec.directory} as: ${spec.command.map(quoted).join(' ')}`,
    ],
  };
}

/** There is no group, or no service in it, of that name. */
export function unknownService(group: string, service: string, known: readonly string[]): ProblemError {
  return new ProblemError({
    code: 'unknown-service',
    summary: `${group} has no service '${service}'`,
    detail: `It has: ${known.join(', ') || 'none'}`,
    cure: ['$ roadie status'],
  });
}

function spoken(reason: string): string {
  return /^(?:ended|was|has|is)\b/.test(reason) ? reason : `is ${reason}`.replace(/^is (?!not)/, 'failed: ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
