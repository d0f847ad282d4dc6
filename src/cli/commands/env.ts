import { resolve } from 'node:path';

import type { JobResults } from '../../contract/results.ts';
import { readText } from '../../machine/files/files.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { command, type Context } from '../command.ts';
import { isVariableName, parseDotenv } from '../dotenv.ts';
import { mask } from '../mask.ts';
import { siteNamed } from '../sites.ts';
import { environmentView, variables } from '../views/environment.ts';
import { runJob } from '../watch-job.ts';

const wait = { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' } as const;
const site = { about: 'name of the site', presence: 'required', completes: 'site' } as const;

export const envSet = command({
  name: 'env set',
  group: 'Working in a site',
  about: 'Set environment variables of a site, with a restart that refuses no request',
  details:
    "NAME=- takes the value from standard input (asks for it on a terminal), and --file from a .env file: what stands on the\ncommand line is in the shell's history and in the process list. Values are literal, nothing is expanded.",
  arguments: { site, variables: { about: 'NAME=VALUE, or NAME=- for a value on standard input', presence: 'many' } },
  options: {
    file: { kind: 'text', value: 'FILE', about: 'a .env file with variables to set', completes: 'path' },
    wait,
  },
  examples: [
    { command: 'roadie env set boards DEFAULT_FROM_EMAIL=forum@example.org', about: 'one that is no secret' },
    { command: 'roadie env set boards STRIPE_API_KEY=-', about: 'a secret: it is asked for and not shown' },
    { command: 'roadie env set boards --file .env', about: 'all of a file' },
  ],
  run: async (context, input) => {
    const values = {
      ...(await fromFile(context, input.options.file)),
      ...(await fromWords(context, input.arguments.variables)),
    };
    for (const [name, value] of Object.entries(values)) checkValue(name, value);
    if (Object.keys(values).length === 0)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie env set: no variable is given',
        cure: [`$ roadie env set ${input.arguments.site} NAME=VALUE`, '$ roadie env set --help'],
      });
    return runJob(context, { kind: 'env-set', site: input.arguments.site, values }, input.options.wait, (result) => {
      context.say(changeView('Set', result));
      return 0;
    });
  },
});

export const envUnset = command({
  name: 'env unset',
  group: 'Working in a site',
  about: 'Take environment variables back that `env set` has set',
  details: 'What Roadie itself gives (connections, secrets) comes back in their place where they had replaced it.',
  arguments: { site, names: { about: 'names of the variables', presence: 'many' } },
  options: { wait },
  examples: [{ command: 'roadie env unset boards SENTRY_DSN', about: 'with a restart that refuses no request' }],
  run: async (context, input) => {
    const names = [...input.arguments.names];
    if (names.length === 0)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie env unset: no variable is named',
        cure: [`$ roadie env list ${input.arguments.site}`],
      });
    for (const name of names) checkName(name);
    return runJob(context, { kind: 'env-unset', site: input.arguments.site, names }, input.options.wait, (result) => {
      context.say(changeView('Unset', result));
      return 0;
    });
  },
});

export const envList = command({
  name: 'env list',
  group: 'Working in a site',
  about: "List a site's environment variables; secrets are never shown",
  details:
    'What you set, and what Roadie gives and why. With --json: {"site","variables":[{"name","value","masked","by","because"}]}.',
  arguments: { site },
  options: {},
  examples: [{ command: 'roadie env list boards', about: 'for people' }],
  run: async (context, input) => {
    const client = await context.client();
    await siteNamed(client, input.arguments.site);
    const list = variables(await client.environment(input.arguments.site));
    context.emit({ site: input.arguments.site, variables: list });
    context.say(environmentView(list, context.style, context.env.columns));
    return 0;
  },
});

async function fromFile(context: Context, file: string | undefined): Promise<Readonly<Record<string, string>>> {
  if (file === undefined) return {};
  const path = resolve(context.env.cwd, file);
  const text = await readText(path);
  if (text === undefined)
    throw new ProblemError({
      code: 'bad-arguments',
      summary: `roadie env set: there is no file ${path}`,
      where: { file: path },
      cure: ['Give the path of a .env file after --file.'],
    });
  return must(parseDotenv(text, path));
}

async function fromWords(context: Context, words: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  let inputTaken = false;
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals === -1)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: `roadie env set: '${word.slice(0, 40)}' is not NAME=VALUE`,
        cure: [`Write ${word.slice(0, 40)}=VALUE, or ${word.slice(0, 40)}=- for a value on standard input.`],
      });
    const name = word.slice(0, equals);
    checkName(name);
    const value = word.slice(equals + 1);
    if (value !== '-') {
      values[name] = value;
      if (value.length > 3 && mask(name, value).masked && secretLike.test(name))
        context.env.stderr.write(
          `${context.style.yellow('Hint:')} ${name} is in the shell's history now. \`${name}=-\` asks for the value instead.\n`,
        );
      continue;
    }
    if (context.env.isTerminal && !context.json) {
      const typed = await context.env.ask(`Value of ${name} (not shown): `, { hidden: true });
      if (typed === undefined)
        throw new ProblemError({
          code: 'not-confirmed',
          summary: `No value was given for ${name}`,
          cure: ['Run the same command again and type it.'],
        });
      values[name] = typed;
      continue;
    }
    if (inputTaken)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie env set: only one value can come from standard input',
        cure: ['Give the others with --file, or one command for each.'],
      });
    inputTaken = true;
    values[name] = (await context.env.readInput()).replace(/\r?\n$/, '');
  }
  return values;
}

const secretLike = /KEY|SECRET|TOKEN|PASS|DSN/i;

function checkName(name: string): void {
  if (isVariableName(name)) return;
  throw new ProblemError({
    code: 'bad-arguments',
    summary: `'${name.slice(0, 40)}' is not a variable's name`,
    cure: ['A name has letters, digits and underscores, and begins with no digit.'],
  });
}

/** A program's environment ends a value at its first NUL byte. */
function checkValue(name: string, value: string): void {
  if (!value.includes('\0')) return;
  throw new ProblemError({
    code: 'bad-arguments',
    summary: `The value of ${name} has a NUL byte, which no environment variable can have`,
    cure: ['Give it as text: encode binary keys, with `base64` for example.'],
  });
}

function changeView(verb: string, result: JobResults['env-set']): string {
  if (result.changed.length === 0) return `Nothing to change: ${result.site} has it that way already.`;
  return `${verb} ${result.changed.join(', ')} of ${result.site}${result.restarted ? ', and restarted it without refusing a request' : '; it takes effect when the site runs'}.`;
}
