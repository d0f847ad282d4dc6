import { ProblemError } from '../../problems/problem.ts';
import { command } from '../command.ts';
import { manage } from '../management-command.ts';

/** `run`: a management command in the live environment. */
export const run = command({
  name: 'run',
  group: 'Working in a site',
  about: 'Run a Django management command in the live environment',
  details:
    "Runs as the site's own user, in the live release, with its environment and this terminal.\nFiles that it names are those of your folder: what it reads is lent to it, and what -o or --output names is brought back.\nOf your own variables it gets those that --env names, and DJANGO_SUPERUSER_*.\nThe exit code is the command's. Options of `run` itself stand before SITE; with --json only problems are JSON.",
  arguments: {
    site: { about: 'name of the site', presence: 'required', completes: 'site' },
    manage_args: { about: 'the management command and its arguments, as after manage.py', presence: 'many' },
  },
  options: {
    env: { kind: 'texts', value: 'NAME', about: 'pass on a variable of yours; may be repeated' },
  },
  passThrough: true,
  examples: [
    { command: 'roadie run boards -- createsuperuser', about: 'a first account' },
    { command: 'roadie run boards -- showmigrations --plan', about: 'with an option of its own' },
    {
      command:
        'roadie run --env DJANGO_SUPERUSER_PASSWORD boards -- createsuperuser --noinput --username ada --email a@example.org',
      about: 'without a terminal: the password is in your environment, and in no command line',
    },
    { command: 'roadie run boards -- dumpdata -o notes.json notes', about: 'into a file of your folder' },
    {
      command: 'roadie run boards -- loaddata --format json - < fixture.json',
      about: 'with something on standard input',
    },
  ],
  run: async (context, { arguments: { site, manage_args: words }, options }) => {
    const given = words[0] === '--' ? words.slice(1) : words;
    if (given.length === 0) {
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie run: which management command?',
        cure: ['To see which there are:', `$ roadie run ${site} -- help`],
      });
    }
    return manage(context, site, given, passedOn(options.env, context.env.variables));
  },
});

/** Variables of the caller's for the command. Throws `bad-arguments` for one that is not set, and for a value where a name belongs. */
function passedOn(
  names: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  // What Django itself reads of whoever makes an account.
  for (const [name, value] of Object.entries(variables))
    if (name.startsWith('DJANGO_SUPERUSER_') && value !== undefined) found[name] = value;
  for (const name of names) {
    const value = variables[name];
    if (name.includes('='))
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie run: --env takes the name of a variable, without its value',
        cure: [
          'Set it in your shell: everybody on this machine can read a command line.',
          '$ export NAME',
          '$ roadie run --env NAME …',
        ],
      });
    if (value === undefined)
      throw new ProblemError({
        code: 'bad-arguments',
        summary: `roadie run: ${name} is not set in your environment`,
        cure: [`$ export ${name}=…`],
      });
    found[name] = value;
  }
  return found;
}
