import { ProblemError } from '../../problems/problem.ts';
import { command } from '../command.ts';
import { manage } from '../management-command.ts';

/** `run`: a management command in the live environment. */
export const run = command({
  name: 'run',
  group: 'Working in a site',
  about: 'Run a Django management command in the live environment',
  details:
    "Runs as the site's own user, in the live release, with its environment and this terminal.\nThe exit code is the command's. Options of `run` itself stand before SITE; with --json only problems are JSON.",
  arguments: {
    site: { about: 'name of the site', presence: 'required', completes: 'site' },
    manage_args: { about: 'the management command and its arguments, as after manage.py', presence: 'many' },
  },
  options: {},
  passThrough: true,
  examples: [
    { command: 'roadie run boards -- createsuperuser', about: 'a first account' },
    { command: 'roadie run boards -- showmigrations --plan', about: 'with an option of its own' },
    {
      command: 'roadie run boards -- loaddata --format json - < fixture.json',
      about: 'with something on standard input',
    },
  ],
  run: async (context, { arguments: { site, manage_args: words } }) => {
    const given = words[0] === '--' ? words.slice(1) : words;
    if (given.length === 0) {
      throw new ProblemError({
        code: 'bad-arguments',
        summary: 'roadie run: which management command?',
        cure: ['To see which there are:', `$ roadie run ${site} -- help`],
      });
    }
    return manage(context, site, given);
  },
});
