import { command } from '../command.ts';
import { siteIn } from '../sites.ts';
import { statusView } from '../views/status.ts';

/** `status`: all sites with their services, or one. */
export const status = command({
  name: 'status',
  group: 'Looking',
  about: 'Show the sites and how their services do',
  details:
    'FOR is how long the service has been in its state. Memory and processor time are those of all its processes;\n100 % is one core. The line below tells what of a site grows by itself, and how far it may. The daemon is started\nwhere it does not run.',
  arguments: { site: { about: 'name of a site (default: all)', presence: 'optional', completes: 'site' } },
  options: {},
  examples: [
    { command: 'roadie status', about: 'for people' },
    { command: 'roadie status boards', about: 'one site' },
    { command: "roadie status --json | jq '.sites[] | {name, state}'", about: 'for programs' },
  ],
  run: async ({ client, emit, say, style, env }, { arguments: { site } }) => {
    const all = await (await client()).status();
    const found = site === undefined ? all : { ...all, sites: [siteIn(all, site)] };
    emit(found);
    say(statusView(found, style, env.now()));
    return 0;
  },
});
