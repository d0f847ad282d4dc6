import { lastLines } from '../machine/logs/log-files.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import { quoteRequestError, requestErrors } from '../problems/request-error.ts';
import { placeInProject, tellingLines } from '../problems/traceback.ts';
import type { ServiceSpec } from '../services/service.ts';
import type { Instance } from './instance.ts';
import type { Outcome } from './instance-host.ts';

/** How many lines of a log are looked at: the tracebacks of all bad answers to a release that is given up. */
const readLines = 2000;

/** What a service's failed start is told as: why, the lines of its log that tell it, and how to try it by hand. */
export async function startProblem(outcome: Extract<Outcome, { ready: false }>): Promise<Problem> {
  const { spec } = outcome;
  if (outcome.problem) return outcome.problem.problems[0];
  const output = await lastLines(spec.log.path, readLines, outcome.logFrom).catch(() => []);
  return {
    code: 'service-failed',
    ...(failedAnswer(outcome, output) ?? failedStart(outcome, output)),
    cure: cureOf(spec),
  };
}

function cureOf({ group, name, directory, command }: ServiceSpec): Problem['cure'] {
  return [
    'Fix what its log says, and try again.',
    `$ roadie logs ${group} ${name}`,
    `It was started in ${directory} as: ${command.map(quoted).join(' ')}`,
  ];
}

/** What a service that becomes ready and ends, again and again, is told as. */
export async function crashLoopProblem(instance: Instance): Promise<Problem> {
  return { code: 'service-failed', ...(await instance.crashLoop()), cure: cureOf(instance.spec) };
}

/** What a start can be given up for where its answers were 5xx, by its reason. */
const mayBeServerError = /^(?:answered GET \S+ with 5|not ready after)/;

type Told = Pick<Problem, 'summary' | 'detail' | 'where'>;

/** Its answer to our own question was 500, and its log tells why. Others may ask meanwhile, of the release that serves. */
function failedAnswer(
  { spec, reason, question }: Extract<Outcome, { ready: false }>,
  output: readonly string[],
): Told | undefined {
  if (!mayBeServerError.test(reason)) return undefined;
  const quote = quoteRequestError(requestErrors(output), ({ request }) => request === question, spec.directory);
  if (!quote) return undefined;
  const { told, ...more } = quote;
  return { summary: `${spec.name} of ${spec.group} does not become ready: ${told}`, ...more };
}

function failedStart({ spec, reason }: Extract<Outcome, { ready: false }>, output: readonly string[]): Told {
  const lines = tellingLines(output, spec.directory);
  return {
    summary: `${spec.name} of ${spec.group} does not become ready: it ${spoken(reason)}`,
    detail: lines.length > 0 ? lines.join('\n') : 'It wrote nothing to its log.',
    where: placeInProject(output, spec.directory) ?? { file: spec.log.path },
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
  return /^(?:ended|answered|was|has|is)\b/.test(reason) ? reason : `is ${reason}`.replace(/^is (?!not)/, 'failed: ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
