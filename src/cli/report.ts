import { isAbsolute } from 'node:path';

import { readText } from '../machine/files/files.ts';
import { catalogue } from '../problems/catalogue.ts';
import type { Problem } from '../problems/problem.ts';
import type { ShownProblem } from './views/problems.ts';
import { stackOf } from '../problems/stack.ts';

/** The exit code for problems: the first one's, by the catalogue. */
export function exitCodeOf(problems: readonly [Problem, ...Problem[]]): number {
  return catalogue[problems[0].code].exit;
}

/** Whose lines may be shown. A line of a `.env`, whatever it is called, is a secret more often than not. */
const shownFiles = /(?:\.py|\.toml|\.txt|\.cfg|\/(?:Pipfile|Procfile|Aptfile|\.python-version))$/;

/** Adds the line that each problem is about, where its file can be read and holds no secrets. Never throws. */
export async function withSourceLines(problems: readonly Problem[]): Promise<readonly ShownProblem[]> {
  return Promise.all(problems.map(async (problem) => ({ problem, sourceLine: await sourceLine(problem) })));
}

async function sourceLine(problem: Problem): Promise<string | undefined> {
  const { file, line } = problem.where ?? {};
  // A path inside a repository says nothing here, where another file may have that name.
  if (file === undefined || line === undefined || !isAbsolute(file) || !shownFiles.test(file)) return undefined;
  const text = await readText(file).catch(() => undefined);
  return text?.split(/\r?\n/)[line - 1];
}

/** An ordinary error as the problem that it is for a user: a bug of ours, with its stack. */
export function bugProblem(error: unknown): Problem {
  const stack = stackOf(error);
  return {
    code: 'bug',
    summary: 'Internal error in Roadie',
    detail: stack.split('\n').slice(0, 8).join('\n'),
    cure: ['Run the same command again: what was done is kept.', 'If it happens again, report it with this text.'],
  };
}
