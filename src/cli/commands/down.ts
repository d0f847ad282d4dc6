import type { SiteStatus } from '../../contract/status.ts';
import type { JobResults } from '../../contract/results.ts';
import { catalogue } from '../../problems/catalogue.ts';
import { ProblemError } from '../../problems/problem.ts';
import { requireAnswerer } from '../asking.ts';
import { command, type Context } from '../command.ts';
import { siteNamed } from '../sites.ts';
import type { Style } from '../views/style.ts';
import { harmless } from '../views/text.ts';
import { runJob } from '../watch-job.ts';

/** `down`: takes a site off the machine. */
export const down = command({
  name: 'down',
  group: 'Sites',
  about: 'Take a site down and keep its data, or delete that too',
  details: "Says what goes and what stays, and asks for the site's name. Without a terminal, --confirm NAME answers.",
  arguments: { site: { about: 'name of the site', presence: 'required', completes: 'site' } },
  options: {
    'delete-data': { kind: 'flag', about: 'delete its database, uploaded files, secrets and backups as well' },
    confirm: {
      kind: 'text',
      value: 'NAME',
      about: "the site's name once more, instead of the question",
      completes: 'site',
    },
    wait: { kind: 'flag', about: 'wait for an operation that runs already, instead of refusing' },
  },
  examples: [
    { command: 'roadie down boards', about: 'no longer served; `roadie up` brings it back with its data' },
    { command: 'roadie down boards --delete-data --confirm boards', about: 'everything, in a script' },
  ],
  run: async (context, { arguments: { site }, options }) => {
    const client = await context.client();
    const found = await siteNamed(client, site);
    if (!(await confirmed(context, found, options['delete-data'], options.confirm))) {
      context.say('Nothing was changed.');
      return catalogue['not-confirmed'].exit;
    }
    return runJob(context, { kind: 'down', site, delete_data: options['delete-data'] }, options.wait, (result) => {
      context.say(downView(result, context.style));
      return 0;
    });
  },
});

async function confirmed(
  context: Context,
  site: SiteStatus,
  deleteData: boolean,
  confirm: string | undefined,
): Promise<boolean> {
  const { env, style } = context;
  if (confirm === site.name) return true;
  const command = `roadie down ${site.name}${deleteData ? ' --delete-data' : ''} --confirm ${site.name}`;
  if (confirm !== undefined)
    throw new ProblemError({
      code: 'bad-arguments',
      summary: `--confirm says '${confirm}', and the site is '${site.name}'`,
      cure: [`$ ${command}`],
    });
  requireAnswerer(context, "`down` asks for the site's name", [`$ ${command}`]);
  context.say(intention(site, deleteData, style));
  const answer = await env.ask(`Type the site's name (${site.name}) to go on: `);
  return answer?.trim() === site.name;
}

function intention(site: SiteStatus, deleteData: boolean, style: Style): string {
  const services =
    site.services.length === 0
      ? ''
      : ` and its services (${site.services.map((service) => service.name).join(', ')}) stop`;
  const lines = [
    `${style.bold(site.name)} goes off ${site.url}${services}.`,
    "Its part of the edge's configuration, its certificate and releases are removed.",
  ];
  if (deleteData)
    lines.push(
      style.red('DELETED: its database, uploaded files, queue, logs and backups. They stay in the trash for 7 days.'),
    );
  else
    lines.push(
      'Kept: its database, uploaded files, logs, secrets, environment variables and backups. `roadie up` brings it back with them.',
    );
  return lines.join('\n');
}

function downView(result: JobResults['down'], style: Style): string {
  const list = (title: string, entries: readonly string[]): readonly string[] =>
    entries.length === 0 ? [] : [`  ${title}`, ...entries.map((entry) => `    ${harmless(entry)}`)];
  return [
    `${style.bold(result.site)} is down.`,
    ...list('Removed', result.removed),
    ...list('Kept', result.kept),
    ...(result.trash === null ? [] : [`  What was deleted lies in ${result.trash} until you remove it.`]),
  ].join('\n');
}
