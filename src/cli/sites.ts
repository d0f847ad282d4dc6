import type { SiteStatus, Status } from '../contract/status.ts';
import { nearest } from '../problems/nearest.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { DaemonClient } from './client.ts';

/** The site of that name. Throws `unknown-site`, with the nearest name. */
export async function siteNamed(client: DaemonClient, name: string): Promise<SiteStatus> {
  return siteIn(await client.status(), name);
}

/** The same, where the status is there already. */
export function siteIn({ sites }: Status, name: string): SiteStatus {
  const found = sites.find((site) => site.name === name);
  if (found) return found;
  throw new ProblemError(
    unknownSite(
      name,
      sites.map((site) => site.name),
    ),
  );
}

/** Throws `unknown-service` where a service is named that the site does not have. */
export function checkService(site: SiteStatus, service: string | undefined): void {
  const names = site.services.map((each) => each.name);
  if (service === undefined || names.includes(service)) return;
  const near = nearest(service, names);
  const known =
    names.length === 0 ? 'It has no services yet: `roadie up` makes them.' : `Its services are ${names.join(', ')}.`;
  throw new ProblemError({
    code: 'unknown-service',
    summary: `The site ${site.name} has no service '${service}'`,
    cure: near === undefined ? [known] : [`Did you mean ${near}?`, known],
  });
}

function unknownSite(name: string, names: readonly string[]): Problem {
  const near = nearest(name, names);
  const known =
    names.length === 0
      ? 'There are no sites yet: `roadie up PATH` makes one.'
      : `The sites here are ${names.join(', ')}.`;
  return {
    code: 'unknown-site',
    summary: `There is no site '${name}'`,
    cure: near === undefined ? [known] : [`Did you mean ${near}?`, known],
  };
}
