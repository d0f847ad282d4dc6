import { CommanderError } from 'commander';

import { systemProblem } from '../machine/system-errors.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { AnyCommand, ArgumentSpec, Example, OptionSpec } from './command.ts';
import { commands } from './commands/index.ts';
import { makeContext } from './context.ts';
import type { CliEnvironment } from './environment.ts';
import { makeParser } from './parser.ts';
import { bugProblem } from './report.ts';

/**
 * Runs the command line. `argv`: the words after the program's name. Resolves with the exit code and never throws:
 * problems and bugs are reported in the form that was asked for.
 */
export async function runCli(argv: readonly string[], given: CliEnvironment): Promise<number> {
  // Some terminals (serial lines, pseudo-terminals of CI) say that they are 0 wide.
  const env: CliEnvironment = { ...given, columns: given.columns >= 40 ? given.columns : 80 };
  const context = makeContext(env, asksForJson(argv));
  let exit = 0;
  let at = '';
  const parser = makeParser(commands, {
    run: async (command, typed) => {
      // The parser was made from the command's own specs, so what it gives is what they promise.
      exit = await command.run(context, typed as Parameters<AnyCommand['run']>[1]);
    },
    write: (text) => void env.stdout.write(text),
    failing: (name) => {
      at = name;
    },
    columns: Math.min(env.columns, 110),
  });
  try {
    if (argv.length === 0) parser.outputHelp();
    else if (isFamilyAlone(argv)) parser.commands.find((each) => each.name() === argv[0])?.outputHelp();
    else
      await parser.parseAsync(
        [...(argv[0] === '--version' || argv[0] === '-V' ? ['version', ...argv.slice(1)] : argv)],
        { from: 'user' },
      );
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : context.report([argumentProblem(error, at)]);
    if (error instanceof ProblemError) return context.report(error.problems);
    return context.report([systemProblem(error) ?? bugProblem(error)]);
  }
}

/** A command as data, for the reference page. */
export type CommandDescription = {
  readonly name: string;
  readonly group: string;
  readonly about: string;
  readonly details: string;
  /** As the help shows it: `roadie up [SOURCE] [OPTIONS]`. */
  readonly usage: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly presence: ArgumentSpec['presence'];
    readonly about: string;
  }[];
  /** `flags`: `-n, --lines <N>`. */
  readonly options: readonly { readonly flags: string; readonly about: string }[];
  readonly examples: readonly Example[];
};

/** All commands that people see, in the help's order. */
export function describeCommands(): readonly CommandDescription[] {
  return commands.filter((command) => command.hidden !== true).map(describe);
}

function describe(command: AnyCommand): CommandDescription {
  const shown = (name: string, { presence }: ArgumentSpec): string =>
    ({ required: `<${name}>`, optional: `[${name}]`, many: `[${name}...]` })[presence];
  const list = Object.entries(command.arguments);
  return {
    name: command.name,
    group: command.group,
    about: command.about,
    details: command.details ?? '',
    usage: ['roadie', command.name, ...list.map(([name, spec]) => shown(name.toUpperCase(), spec)), '[OPTIONS]'].join(
      ' ',
    ),
    arguments: list.map(([name, { presence, about }]) => ({ name: name.toUpperCase(), presence, about })),
    options: [
      ...Object.entries(command.options)
        .filter(([, spec]) => !(spec.kind === 'flag' && spec.hidden))
        .map(([name, spec]) => ({ flags: flagsOf(name, spec), about: spec.about })),
      { flags: '--json', about: 'print JSON for programs' },
    ],
    examples: command.examples,
  };
}

function flagsOf(name: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  return `${short}--${name}${spec.kind === 'flag' ? '' : ` <${spec.value}>`}`;
}

/** Known before parsing, since mistakes in the arguments are told as JSON as well. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** `roadie env` alone. */
function isFamilyAlone(argv: readonly string[]): boolean {
  return argv.length === 1 && commands.some((command) => command.name.startsWith(`${argv[0]} `));
}

/** `error: unknown command 'stauts'\n(Did you mean status?)` as a problem. */
function argumentProblem(error: CommanderError, at: string): Problem {
  const [message = '', hint] = error.message.replace(/^error: /, '').split('\n');
  const near = hint?.match(/\(Did you mean (.*)\?\)/)?.[1];
  const place = at === '' ? 'roadie' : `roadie ${at}`;
  const isCommand = error.code === 'commander.unknownCommand';
  const cure: [string, ...string[]] = [`$ ${place} --help`];
  if (near !== undefined) cure.unshift(isCommand ? `Did you mean \`${place} ${near}\`?` : `Did you mean ${near}?`);
  return { code: 'bad-arguments', summary: `${place}: ${message}`, cure };
}
