import { ownServer, webServers } from '../../config/web-keys.ts';
import { urlPathPattern } from '../../contract/names.ts';
import { longestTune } from '../../contract/tune-time.ts';
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
  about: "Measure which application server, and how many processes and threads, suit the site's own pages",
  details: [
    'Asks the pages that visitors ask for most (GET only) of copies of the server beside the live one:',
    "the site's own with other numbers of processes and threads, and the others that can run its",
    'application with one or two each. Recommends what answered most requests within the memory there is.',
    "What another server needs is installed into a copy of the release's virtualenv, gone afterwards.",
    'It loads the machine for some minutes: it says for how long at most, and asks before it begins.',
    'With --apply the site runs with what is recommended from then on, by a deploy where that is another',
    'server; --undo takes that back. Where roadie.toml names a server, only that one is measured.',
  ].join('\n'),
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    page: { kind: 'texts', value: 'PATH', about: 'a page to ask for; may be repeated (default: from the access log)' },
    seconds: {
      kind: 'number',
      value: 'N',
      about: `seconds of load for each setting, 1 to 60 (default: ${usualSeconds})`,
    },
    servers: {
      kind: 'text',
      value: 'NAMES',
      about: `only these, such as \`uwsgi,granian\`; \`${ownServer}\` is the site's own with all numbers (default: all)`,
      completes: [ownServer, ...webServers],
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
    {
      command: 'roadie tune boards --servers own',
      about: "only processes and threads of the site's own server, which takes a minute",
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
    const seconds = secondsOf(options.seconds ?? usualSeconds, site);
    const servers = options.servers === undefined ? undefined : serversOf(options.servers, site);
    const others = servers?.some((name) => name !== ownServer) ?? true;
    const minutes = Math.ceil(longestTune({ seconds, others }) / 60);
    if (!options.yes && !(await agreed(context, site, minutes))) {
      context.say('Nothing was measured.');
      return catalogue['not-confirmed'].exit;
    }
    if (options.yes) context.say(`Measuring for ${minutes} minutes at most.`);
    const pages = options.page.length > 0 && { pages: options.page.map((page) => pathOf(page, site)) };
    return runJob(
      context,
      { kind: 'tune', site, seconds, apply: options.apply, ...pages, ...(servers && { servers }) },
      wait,
      (result) => {
        context.say(tuneView(result, context.style));
        return 0;
      },
    );
  },
});

function agreed(context: Context, site: string, minutes: number): Promise<boolean> {
  requireAnswerer(context, '`tune` loads the machine and asks first', [`$ roadie tune ${site} --yes`]);
  return saysYes(
    context,
    `This loads the machine for ${minutes} minutes at most while ${site} serves on. Go on? [y/N] `,
  );
}

function secondsOf(seconds: number, site: string): number {
  if (seconds >= 1 && seconds <= 60) return seconds;
  throw badArgument(
    `--seconds is ${seconds}, and 1 to 60 are possible`,
    `roadie tune ${site} --seconds ${usualSeconds}`,
  );
}

function serversOf(text: string, site: string): string[] {
  const known: readonly string[] = [ownServer, ...webServers];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw badArgument(
    `--servers has '${unknown}', and these are known: ${known.join(', ')}`,
    `roadie tune ${site} --servers own`,
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
