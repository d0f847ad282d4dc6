import { catalogue, type ProblemCode } from '../../src/problems/catalogue.ts';
import { problemPages } from '../../src/problems/pages.ts';
import { mono, page, sentence, table } from './markdown.ts';

const exits: Readonly<Record<number, string>> = {
  0: 'All went well, or there was nothing to do.',
  1: 'It could not be done.',
  2: 'The request was wrong: the command line, the config, or a name in them.',
  3: 'The daemon is not there.',
  4: 'Another operation is running.',
  5: 'The new release was given up after the switch.',
  70: 'A bug in Roadie.',
  130: 'Interrupted by you.',
};

/** Every problem: its code, exit code, when it happens and what to do. */
export function problemsPage(): string {
  const codes = Object.keys(catalogue) as ProblemCode[];
  const used = [...new Set([0, ...codes.map((code) => catalogue[code].exit)])].toSorted((left, right) => left - right);
  return page('Problems', [
    'A problem is a failure that can be expected. Each is reported with what happened, where (file, line and column where there are any) and what to do; with `--json` as an object with `code`, `summary`, `detail`, `where` and `cure`. Lines of `cure` that begin with `$ ` are commands.',
    '## Exit codes',
    table(
      ['Exit code', 'Meaning'],
      used.map((exit) => [String(exit), exits[exit] ?? missing(exit)]),
    ),
    '`roadie run` ends with the exit code of the command that it ran.',
    '## Codes',
    table(
      ['Code', 'Title'],
      codes.map((code) => [`[${mono(code)}](#${code})`, catalogue[code].title]),
    ),
    ...codes.flatMap((code) => [
      `## ${code}`,
      `**${sentence(catalogue[code].title)}** Exit code ${catalogue[code].exit}.`,
      `When: ${problemPages[code].when}`,
      `What to do: ${problemPages[code].cure}`,
    ]),
  ]);
}

function missing(exit: number): never {
  throw new Error(`scripts/reference/problems.ts does not say what exit code ${exit} means`);
}
