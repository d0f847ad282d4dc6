import { urlPathPattern } from '../../contract/names.ts';
import { catalogue } from '../../problems/catalogue.ts';
import { ProblemError } from '../../problems/problem.ts';
import { requireAnswerer, saysYes } from '../asking.ts';
import { command, type Context } from '../command.ts';
import { tuneView } from '../views/tune.ts';
import { runJob } from '../watch-job.ts';

/** Seconds of load for each setting: enough that two runs differ by a few percent. */
const usualSeconds = 5;

/** `tune`: measures how the web server should run. */
export const tune = command({
  name: 'tune',
  group: 'Working in a site',
  about: "Measure how many processes and threads suit the site's own pages",
  details: [
    'Asks the pages that visitors ask for most (GET only) of copies of the web server beside the live one,',
    'with other numbers of processes and threads each, and recommends what answered most requests within',
    'the memory there is. It loads the machine for about a minute, and asks before it begins.',
    'With --apply the site runs with what is recommended from then on; --undo takes that back.',
  ].join('\n'),
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    page: { kind: 'texts', value: 'PATH', about: 'a page to ask for; may be repeated (default: from the access log)' },
    seconds: {
      kind: 'number',
      value: 'N',
      about: `seconds of load for each setting, 1 to 60 (default: ${usualSeconds})`,
    },
    apply: { kind: 'flag', about: 'run with what is recommended, without a refused request' },
    undo: { kind: 'flag', about: 'measure nothing, and take back what --apply has set' },
    yes: { kind: 'flag', short: 'y', about: 'begin without asking' },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie tune boards', about: 'a table, and what is recommended' },
    {
      command: 'roadie tune boards --page / --page /topics/1/ --apply',
      about: 'with pages of your own, and put in force',
    },
    { command: 'roadie tune boards --undo', about: 'back to what suits the machine, or the config' },
  ],
  run: async (context, { arguments: { site }, options }) => {
    const { wait } = options;
    if (options.undo)
      return runJob(context, { kind: 'untune', site }, wait, ({ was }) => {
        context.say(was ? `${site} runs as before it was tuned.` : `Nothing had been applied to ${site}.`);
        return 0;
      });
    if (!options.yes && !(await agreed(context, site))) {
      context.say('Nothing was measured.');
      return catalogue['not-confirmed'].exit;
    }
    const seconds = secondsOf(options.seconds ?? usualSeconds, site);
    const pages = options.page.length > 0 && { pages: options.page.map((page) => pathOf(page, site)) };
    return runJob(context, { kind: 'tune', site, seconds, apply: options.apply, ...pages }, wait, (result) => {
      context.say(tuneView(result, context.style));
      return 0;
    });
  },
});

function agreed(context: Context, site: string): Promise<boolean> {
  requireAnswerer(context, '`tune` loads the machine and asks first', [`$ roadie tune ${site} --yes`]);
  return saysYes(context, `This loads the machine for about a minute while ${site} serves on. Go on? [y/N] `);
}

function secondsOf(seconds: number, site: string): number {
  if (seconds >= 1 && seconds <= 60) return seconds;
  throw badArgument(
    `--seconds is ${seconds}, and 1 to 60 are possible`,
    `roadie tune ${site} --seconds ${usualSeconds}`,
  );
}

function pathOf(page: string, site: string): string {
  if (urlPathPattern.test(page)) return page;
  throw badArgument(
    `--page '${page}' is not a path: it begins with / and has no blanks`,
    `roadie tune ${site} --page /`,
  );
}

function badArgument(summary: string, example: string): ProblemError {
  return new ProblemError({ code: 'bad-arguments', summary, cure: [`$ ${example}`] });
}
