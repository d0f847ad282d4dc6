import { describeCommands, type CommandDescription } from '../../src/cli/program.ts';
import { anchor, block, mono, page, sentence, table } from './markdown.ts';

/** Every command with its arguments, options and examples, as the help has them. */
export function commandsPage(): string {
  const commands = describeCommands();
  const groups = [...new Set(commands.map((command) => command.group))];
  return page('Commands', [
    'What `roadie --help` and `roadie COMMAND --help` say, on one page.',
    'Every command takes `--json`, which prints JSON for programs, and `--help`. A command that fails says what went wrong, where, and what to do, and ends with the exit code of [its problem](problems.md). It ends with 0 where all went well, also where there was nothing to do.',
    ...groups.flatMap((name) =>
      group(
        name,
        commands.filter((command) => command.group === name),
      ),
    ),
  ]);
}

function group(name: string, commands: readonly CommandDescription[]): readonly string[] {
  const overview = commands.map(({ name: typed, about }) => [
    `[${mono(`roadie ${typed}`)}](#${anchor(`roadie ${typed}`)})`,
    sentence(about),
  ]);
  return [`## ${name}`, table(['Command', 'Does'], overview), ...commands.flatMap(describe)];
}

function describe(command: CommandDescription): readonly string[] {
  const rows = [
    ...command.arguments.map(({ name, about }) => [mono(name), sentence(about)]),
    ...command.options.map(({ flags, about }) => [mono(flags), sentence(about)]),
  ];
  return [
    `### roadie ${command.name}`,
    block('sh', command.usage),
    sentence(command.about),
    // The help's lines are made for a terminal; here the page breaks them.
    command.details.replaceAll('<', '&lt;'),
    table(['Argument or option', 'Meaning'], rows),
    'Examples:',
    block('sh', command.examples.map(({ command: typed, about }) => `# ${about}\n${typed}`).join('\n\n')),
  ];
}
