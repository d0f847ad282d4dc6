import type { Problem, Where } from '../../problems/problem.ts';
import type { Style } from './style.ts';
import { cut, harmless, indent } from './text.ts';

/** A problem with the line of the user's file that it is about, where that could be read. */
export type ShownProblem = { readonly problem: Problem; readonly sourceLine?: string | undefined };

/** All problems for people: what happened, where, the background, and what to do. Ends with a line end. */
export function problemsView(problems: readonly ShownProblem[], style: Style): string {
  return `${problems.map((shown) => problemView(shown, style)).join('\n\n')}\n`;
}

function problemView({ problem, sourceLine }: ShownProblem, style: Style): string {
  const parts = [
    `${style.red(style.bold('Error:'))} ${style.bold(harmless(problem.summary))} ${style.dim(`(${problem.code})`)}`,
  ];
  if (problem.where)
    parts.push(
      `  ${style.dim('at')} ${style.cyan(whereText(problem.where))}`,
      ...excerpt(problem.where, sourceLine, style),
    );
  // A parser's detail is often the very line that is shown above it.
  if (problem.detail !== undefined && problem.detail.trim() !== '' && problem.detail.trim() !== sourceLine?.trim())
    parts.push('', indent(harmless(problem.detail.trimEnd()), '    '), '');
  parts.push('  What to do:', ...problem.cure.map((line) => `    ${cureLine(line, style)}`));
  return parts.join('\n');
}

/** `roadie.toml:3:7`, as editors and terminals turn into a link. */
export function whereText(where: Where): string {
  return [where.file, where.line, where.line === undefined ? undefined : where.column]
    .filter((part) => part !== undefined)
    .join(':');
}

function excerpt(where: Where, sourceLine: string | undefined, style: Style): readonly string[] {
  if (sourceLine === undefined || where.line === undefined) return [];
  const number = String(where.line);
  const shown = [`    ${style.dim(`${number} |`)} ${cut(harmless(sourceLine).replaceAll('\t', ' '), 120)}`];
  if (where.column !== undefined && where.column <= 120)
    shown.push(`    ${style.dim(`${' '.repeat(number.length)} |`)} ${' '.repeat(where.column - 1)}${style.red('^')}`);
  return shown;
}

/** A line that starts with `$ ` is a command to type. */
export function cureLine(line: string, style: Style): string {
  return line.startsWith('$ ') ? `${style.dim('$')} ${style.green(line.slice(2))}` : line;
}
