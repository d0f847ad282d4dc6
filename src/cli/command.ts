import type { Problem } from '../problems/problem.ts';
import type { DaemonClient } from './client.ts';
import type { CliEnvironment } from './environment.ts';
import type { Style } from './views/style.ts';

/** What the shell completes a word with. */
export type Completes = 'site' | 'service' | 'path' | readonly string[];

export type ArgumentSpec = {
  readonly about: string;
  readonly presence: 'required' | 'optional' | 'many';
  readonly completes?: Completes;
};

export type OptionSpec =
  /** Present or not. */
  | { readonly kind: 'flag'; readonly short?: string; readonly about: string; readonly hidden?: boolean }
  /** One value; `texts`: may be repeated; `number`: a whole number of at least 0. */
  | {
      readonly kind: 'text' | 'texts' | 'number';
      readonly short?: string;
      readonly value: string;
      readonly about: string;
      readonly completes?: Completes;
    };

export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ArgumentValue<Spec extends ArgumentSpec> = Spec['presence'] extends 'required'
  ? string
  : Spec['presence'] extends 'many'
    ? readonly string[]
    : string | undefined;
type OptionValue<Spec extends OptionSpec> = Spec['kind'] extends 'flag'
  ? boolean
  : Spec['kind'] extends 'texts'
    ? readonly string[]
    : Spec['kind'] extends 'number'
      ? number | undefined
      : string | undefined;

/** What was typed, by the names of the specs. */
export type Input<Arguments extends ArgumentSpecs, Options extends OptionSpecs> = {
  readonly arguments: { readonly [Name in keyof Arguments]: ArgumentValue<Arguments[Name]> };
  readonly options: { readonly [Name in keyof Options]: OptionValue<Options[Name]> };
};

/** What every command is given besides its input. */
export type Context = {
  readonly env: CliEnvironment;
  readonly json: boolean;
  readonly style: Style;
  /** A client that starts the daemon where it does not run; with `start: false` it does not. */
  readonly client: (options?: { readonly start: boolean }) => Promise<DaemonClient>;
  /** Text for people, on standard output; nothing where JSON was asked for. */
  readonly say: (text: string) => void;
  /** A value for programs, where JSON was asked for: one line of JSON on standard output. */
  readonly emit: (value: unknown) => void;
  /** Reports problems in the form asked for and returns the exit code. */
  readonly report: (problems: readonly [Problem, ...Problem[]]) => Promise<number>;
};

/** One command as data: the parser, the help, the completion and the reference page are made from it. */
export type CommandDefinition<
  Arguments extends ArgumentSpecs = ArgumentSpecs,
  Options extends OptionSpecs = OptionSpecs,
> = {
  /** One or two words: `up`, `env set`. */
  readonly name: string;
  readonly group: 'Sites' | 'Looking' | 'Working in a site' | 'This machine';
  /** One sentence without a full stop. */
  readonly about: string;
  /** More for the help, in lines of at most 100 characters. */
  readonly details?: string;
  readonly arguments: Arguments;
  /** By their long names, without the dashes; `--json` is added to all. */
  readonly options: Options;
  readonly examples: readonly [Example, ...Example[]];
  readonly hidden?: boolean;
  /** Everything after the first argument is the last argument's, options too. */
  readonly passThrough?: boolean;
  /** Returns the exit code; throws a ProblemError for what a user can fix. */
  readonly run: (context: Context, input: Input<Arguments, Options>) => Promise<number>;
};

export type Example = { readonly command: string; readonly about: string };

/** A definition with its input's type forgotten: what lists of commands hold. The parser gives `run` what the specs promise. */
export type AnyCommand = Omit<CommandDefinition, 'run'> & {
  readonly run: (context: Context, input: Input<never, never>) => Promise<number>;
};

/** Keeps the types of a command's arguments and options for its own `run`. */
export function command<const Arguments extends ArgumentSpecs, const Options extends OptionSpecs>(
  definition: CommandDefinition<Arguments, Options>,
): AnyCommand {
  return definition;
}
