import type { LogLine } from '../../contract/answers.ts';
import { command } from '../command.ts';
import type { DaemonClient } from '../client.ts';
import { checkService, siteNamed } from '../sites.ts';
import { untilInterrupted } from '../interrupt.ts';
import { logLineView } from '../views/logs.ts';

/** `logs`: what the services of a site, or of all, have written. */
export const logs = command({
  name: 'logs',
  group: 'Looking',
  about: 'Show what the services have written',
  details: 'Without SITE the logs of all sites are shown. With --json each line is {"site","service","line"}.',
  arguments: {
    site: { about: 'name of the site (default: all)', presence: 'optional', completes: 'site' },
    service: { about: 'one service of it (default: all)', presence: 'optional', completes: 'service' },
  },
  options: {
    follow: { kind: 'flag', short: 'f', about: 'go on showing new lines, until Ctrl-C' },
    lines: {
      kind: 'number',
      short: 'n',
      value: 'N',
      about: 'how many past lines of each service to show first (default: 100)',
    },
  },
  examples: [
    { command: 'roadie logs boards -f', about: 'all services of a site, as it happens' },
    { command: 'roadie logs boards web -n 20', about: 'the last 20 lines of its web server' },
  ],
  run: async (context, { arguments: { site, service }, options: { follow, lines } }) => {
    const client = await context.client();
    const sites = await sitesToShow(client, site, service);
    const show = (from: string, line: LogLine): void => {
      context.emit({ site: from, ...line });
      context.say(
        logLineView(line, { site: sites.length > 1 ? from : undefined, service: service === undefined }, context.style),
      );
    };
    return untilInterrupted(context, async (signal) => {
      const one = async (name: string): Promise<void> => {
        for await (const line of client.logs(name, { service, follow, lines, signal })) show(name, line);
      };
      // Past lines stay together by site; what is followed comes from all at once.
      if (follow) await Promise.all(sites.map(one));
      else for (const name of sites) await one(name);
    });
  },
});

async function sitesToShow(
  client: DaemonClient,
  site: string | undefined,
  service: string | undefined,
): Promise<readonly string[]> {
  if (site === undefined) return (await client.status()).sites.map((each) => each.name);
  // The edge is what serves the whole host; it is no site and has logs all the same.
  if (site !== 'edge') checkService(await siteNamed(client, site), service);
  return [site];
}
