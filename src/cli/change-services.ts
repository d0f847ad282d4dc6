import type { ServiceAction } from './client.ts';
import type { Context } from './command.ts';
import { checkService, siteNamed } from './sites.ts';

const done: Readonly<Record<ServiceAction, string>> = { start: 'Started', stop: 'Stopped', restart: 'Restarted' };

/** What `start`, `stop` and `restart` take. */
export const servicesArguments = {
  site: { about: 'name of the site', presence: 'required', completes: 'site' },
  service: { about: 'one service of it (default: all)', presence: 'optional', completes: 'service' },
} as const;

/** Starts, stops or restarts; waits until it is done and says which services it was. */
export async function changeServices(
  context: Context,
  action: ServiceAction,
  site: string,
  service: string | undefined,
): Promise<number> {
  const client = await context.client();
  checkService(await siteNamed(client, site), service);
  const { services } = await client.change(action, site, service);
  context.emit({ site, services });
  context.say(
    services.length === 0
      ? `Nothing to ${action}: ${site} is that way already.`
      : `${done[action]} ${site}: ${services.join(', ')}.`,
  );
  return 0;
}
