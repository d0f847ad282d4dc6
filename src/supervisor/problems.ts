import { lastLines } from '../machine/logs/log-files.ts';
import { type Problem, ProblemError, type Where } from '../problems/problem.ts';
import type { Outcome } from './instance-host.ts';

/** What a service's failed start is told as: why, the last lines of its log, and how to try it by hand. */
export async function startProblem(outcome: Extract<Outcome, { ready: false }>): Promise<Problem> {
  const { spec } = outcome;
  if (outcome.problem) return outcome.problem.problems[0];
  const output = await lastLines(spec.log.path, 400, outcome.logFrom).catch(() => []);
  const lines = tellingLines(output);
  return {
    code: 'service-failed',
    summary: `${spec.name} of ${spec.group} does not become ready: it ${spoken(outcome.reason)}`,
    detail: lines.length > 0 ? lines.join('\n') : 'It wrote nothing to its log.',
    where: placeInProject(output, spec.directory) ?? { file: spec.log.path },
    cure: [
      'Fix what its log says, and try again.',
      `$ roadie logs ${spec.group} ${spec.name}`,
      `It was started in ${spec.directory} as: ${spec.command.map(quoted).join(' ')}`,
    ],
  };
}

/** How many of a log's lines a problem shows. */
const shownLines = 20;
/** The first lines of a long traceback are Gunicorn's and the import machinery's. */
const shownTraceback = 12;

/**
 * The lines of a log that tell why: the first traceback, which those of the processes around it only follow from; else the last
 * lines.
 */
export function tellingLines(lines: readonly string[]): readonly string[] {
  const found = tellingTraceback(lines);
  if (!found) return lines.slice(-shownLines);
  const [begin, end] = found;
  const traceback = lines.slice(begin, end + 1);
  return traceback.length <= shownTraceback
    ? traceback
    : [lines[begin] ?? '', '  …', ...traceback.slice(2 - shownTraceback)];
}

/** The line of the project's own code at which the traceback that tells why was raised, relative to the folder that it ran in. */
export function placeInProject(output: readonly string[], folder: string): Where | undefined {
  const [begin, end] = tellingTraceback(output) ?? [0, 0];
  return output
    .slice(begin, end)
    .flatMap((line): readonly Where[] => {
      const [, file = '', number] = /^\s+File "(.+)", line (\d+)/.exec(line) ?? [];
      if (!file.startsWith(`${folder}/`) || file.includes('/site-packages/')) return [];
      return [{ file: file.slice(folder.length + 1), line: Number(number) }];
    })
    .at(-1);
}

/** Begin and end (its last line's number, with the error itself) of {@link tellingLines}' traceback. */
function tellingTraceback(lines: readonly string[]): readonly [number, number] | undefined {
  let begin = lines.findIndex((line) => line.startsWith('Traceback (most recent call last):'));
  if (begin === -1) return undefined;
  let end = tracebackEnd(lines, begin);
  // Where an error was raised while another was handled, the last one is what the program ended with.
  while (chained.test(lines[end + 2] ?? '') && lines[end + 4]?.startsWith('Traceback') === true) {
    begin = end + 4;
    end = tracebackEnd(lines, begin);
  }
  return [begin, end];
}

const chained = /^(?:During handling of the above exception|The above exception was the direct cause)/;

/** The line with the error itself: the first that is not indented. */
function tracebackEnd(lines: readonly string[], begin: number): number {
  const length = lines.slice(begin + 1).findIndex((line) => line !== '' && !line.startsWith(' '));
  return length === -1 ? lines.length - 1 : begin + 1 + length;
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
