import { Argument, Command, InvalidArgumentError, Option } from 'commander';

import type { AnyCommand, ArgumentSpec, OptionSpec } from './command.ts';

/** Commands of two words: what `roadie env` says of itself. */
const families: Readonly<Record<string, { readonly about: string; readonly group: AnyCommand['group'] }>> = {
  env: { about: "Set, unset and list a site's environment variables", group: 'Working in a site' },
  daemon: { about: 'The daemon, which keeps the sites running', group: 'This machine' },
};

/** What was typed for a command: by the names of its specs, without `--json`. */
export type Typed = {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
};

/** Every option that takes a value takes one of at most this many characters: nothing legitimate is longer. */
const longestText = 4096;

/**
 * The parser for all commands. `run` is called with what was typed; `write` gets the help. The parser throws commander's
 * `CommanderError` instead of ending the process; `failing` is told at which command.
 */
export function makeParser(
  commands: readonly AnyCommand[],
  on: {
    readonly run: (command: AnyCommand, typed: Typed) => Promise<void>;
    readonly write: (text: string) => void;
    readonly failing: (name: string) => void;
    readonly columns: number;
  },
): Command {
  const root = prepare(new Command('roadie'), '', on)
    .description('Puts a Django project in production on this machine and keeps it running.')
    .usage('COMMAND [ARGUMENTS] [OPTIONS]')
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nFirst steps:\n  $ roadie up ~/myproject     bring a project live\n  $ roadie status             see what runs\n  $ roadie COMMAND --help     more about a command, with examples\n',
    );
  const parents = new Map<string, Command>();
  for (const definition of commands) {
    const [first = '', second] = definition.name.split(' ');
    const parent = second === undefined ? root : familyOf(root, first, parents, on);
    parent.addCommand(makeCommand(definition, second ?? first, on), { hidden: definition.hidden === true });
  }
  return root;
}

type On = Parameters<typeof makeParser>[1];

function familyOf(root: Command, name: string, parents: Map<string, Command>, on: On): Command {
  const known = parents.get(name);
  if (known) return known;
  const family = families[name];
  const parent = prepare(new Command(name), name, on)
    .description(`${family?.about ?? ''}.`)
    .summary(family?.about ?? '')
    .helpCommand(false)
    .helpGroup(`${family?.group ?? 'This machine'}:`);
  root.addCommand(parent);
  parents.set(name, parent);
  return parent;
}

function makeCommand(definition: AnyCommand, name: string, on: On): Command {
  const made = prepare(new Command(name), definition.name, on)
    .description(
      definition.details === undefined ? `${definition.about}.` : `${definition.about}.\n\n${definition.details}`,
    )
    .summary(definition.about)
    .helpGroup(`${definition.group}:`)
    .addHelpText('after', examplesText(definition));
  if (definition.passThrough === true) made.passThroughOptions();
  for (const [argument, spec] of Object.entries(definition.arguments)) made.addArgument(makeArgument(argument, spec));
  const options = Object.entries(definition.options).map(([option, spec]) => ({
    name: option,
    made: makeOption(option, spec),
  }));
  for (const option of options) made.addOption(option.made);
  made.addOption(new Option('--json', 'print JSON for programs'));
  return made.action(async (...given: unknown[]) => {
    const values: Record<string, unknown> = made.opts();
    await on.run(definition, {
      arguments: Object.fromEntries(
        Object.entries(definition.arguments).map(([argument, spec], index) => [
          argument,
          given[index] ?? (spec.presence === 'many' ? [] : undefined),
        ]),
      ),
      options: Object.fromEntries(options.map((option) => [option.name, values[option.made.attributeName()]])),
    });
  });
}

function makeArgument(name: string, spec: ArgumentSpec): Argument {
  const upper = name.toUpperCase();
  return new Argument(
    { required: `<${upper}>`, optional: `[${upper}]`, many: `[${upper}...]` }[spec.presence],
    spec.about,
  );
}

function makeOption(name: string, spec: OptionSpec): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  if (spec.kind === 'flag') {
    const flag = new Option(`${short}--${name}`, spec.about).default(false);
    return spec.hidden === true ? flag.hideHelp() : describeDefault(flag);
  }
  const option = new Option(`${short}--${name} <${spec.value}>`, spec.about);
  switch (spec.kind) {
    case 'number':
      return option.argParser(wholeNumber);
    case 'texts':
      return describeDefault(
        option.default([]).argParser((value: string, before: readonly string[]) => [...before, shortText(value)]),
      );
    case 'text':
      return option.argParser(shortText);
  }
}

/** '(default: false)' in the help tells nobody anything. */
function describeDefault(option: Option): Option {
  option.defaultValueDescription = '';
  return option;
}

function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

function shortText(value: string): string {
  if (value.length > longestText) throw new InvalidArgumentError(`It must have at most ${longestText} characters.`);
  return value;
}

function prepare(made: Command, name: string, on: On): Command {
  return made
    .exitOverride((error) => {
      on.failing(name);
      throw error;
    })
    .configureOutput({
      writeOut: on.write,
      // Help that nobody asked for is still help; errors come as exceptions and are told as problems.
      writeErr: () => undefined,
      getOutHelpWidth: () => on.columns,
      getErrHelpWidth: () => on.columns,
    })
    .configureHelp({
      showGlobalOptions: false,
      sortSubcommands: false,
      optionDescription: (option) => option.description,
      subcommandTerm,
    })
    .helpOption('-h, --help', 'show this');
}

/** `logs [SITE] [SERVICE]`; for a family its commands: `env set|unset|list`. */
function subcommandTerm(made: Command): string {
  const below = made
    .createHelp()
    .visibleCommands(made)
    .map((each) => each.name())
    .join('|');
  return [
    made.name(),
    below,
    ...made.registeredArguments.map((each) =>
      each.required ? `<${each.name()}>` : `[${each.name()}${each.variadic ? '...' : ''}]`,
    ),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function examplesText(definition: AnyCommand): string {
  return `\nExamples:\n${definition.examples.map(({ command, about }) => `  ${about}\n    $ ${command}`).join('\n')}\n`;
}
