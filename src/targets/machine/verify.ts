import { siteUrl } from '../../blueprint/site-url.ts';
import { LocalAuthority } from '../../certificates/local-authority.ts';
import type { Layout } from '../../machine/layout.ts';
import { lastLines } from '../../machine/logs/log-files.ts';
import { isHealthy } from '../../machine/network/http-probe.ts';
import { type Visited, visitUntil } from '../../machine/network/visit.ts';
import { ProblemError } from '../../problems/problem.ts';
import { quoteRequestError, requestErrors } from '../../problems/request-error.ts';
import { liveService } from '../../sites/live-service.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';

/** The edge's old workers take connections for a tenth of a second more after a reload, and do not know a new site. */
const visitsWhereNew = 6;

/** The edge reads new files in some tenths of a second, on a busy machine in some seconds. */
const servedWithinMs = 20_000;

/** How far back in the log the error is looked for that a visitor meets. */
const readLines = 2000;

/**
 * The way of a visitor to its end: what is said to be live has been seen. `isNew`: nobody has been served the site before. `log`:
 * absolute path, and `edge`: the name of its service, for the problem. Throws `release-unhealthy`.
 */
export async function requireServed(
  { domains, ports, name, release, group }: SiteRecord,
  layout: Pick<Layout, 'edge'>,
  { isNew, log, edge }: { readonly isNew: boolean; readonly log: string; readonly edge: string },
): Promise<void> {
  const authority = await LocalAuthority.readCertificate(layout.edge, { site: name, domains });
  if (authority === undefined || !release) return;
  const page = { domain: domains[0], port: ports.https, path: release.healthPath, authority };
  const isServed = (visited: Visited): boolean => 'status' in visited && isHealthy(visited.status);
  const seen = await visitUntil(page, isServed, servedWithinMs, isNew ? visitsWhereNew : 1);
  if (isServed(seen)) return;
  const failed = 'status' in seen && seen.status >= 500 ? await lastFailure(liveService(group), release) : undefined;
  const { told, ...more } = failed ?? {};
  const how = 'status' in seen ? `answers ${seen.status}` : `cannot be reached: ${seen.error}`;
  throw new ProblemError({
    code: 'release-unhealthy',
    summary: `${siteUrl(page.domain, page.port)}${page.path.slice(1)} ${how}${told === undefined ? '' : `: ${told}`}`,
    ...more,
    cure: [`$ roadie logs ${name} web`, `$ roadie logs edge ${edge}`, `The whole output: ${log}`],
  });
}

/** What the release's log tells of the last time that its health route failed. */
async function lastFailure(
  web: ServiceSpec | undefined,
  { id, healthPath, root }: ReleaseRecord,
): Promise<ReturnType<typeof quoteRequestError>> {
  const output = web ? await lastLines(web.log.path, readLines).catch(() => []) : [];
  const [path] = healthPath.split('?');
  return quoteRequestError(requestErrors(output), (error) => error.path === path && error.release === id, root);
}
