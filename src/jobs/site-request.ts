import type { SiteRecord } from '../sites/record.ts';
import type { Config } from '../config/config.ts';
import { checkDomain, checkPort, checkSiteName, siteNameFromPath, siteNameFromUrl } from '../config/names.ts';
import type { JobOf } from '../contract/jobs.ts';
import { failed, ok, type Problem, type Result } from '../problems/problem.ts';

/** What a site is called and where it answers, once all who may say so have been heard. */
export type SiteIdentity = {
  readonly name: string;
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
};

/** The name that a request means: its own, the config's, or one made from the path or address. */
export function requestedName(request: JobOf<'up'>, config: Config): Result<string> {
  const given = request.name ?? config.name;
  if (given !== undefined) return checkSiteName(given);
  return request.source.startsWith('/') ? siteNameFromPath(request.source) : siteNameFromUrl(request.source);
}

/**
 * Where a site answers: the command line first, then the config, then what it had, then the defaults (80 and 443 as root, 8080
 * and 8443 otherwise). Another site's domain is refused, as is a port that serves one site as HTTP and another as HTTPS.
 */
export function identify(
  name: string,
  request: JobOf<'up'>,
  config: Config,
  others: readonly SiteRecord[],
  before: SiteRecord | undefined,
  root: boolean,
): Result<SiteIdentity> {
  const problems: Problem[] = [];
  const take = <T>(result: Result<T>, otherwise: T): T => {
    if (result.ok) return result.value;
    problems.push(...result.problems);
    return otherwise;
  };
  const wanted = nonEmpty(request.domains) ?? nonEmpty(config.domains) ?? before?.domains ?? [`${name}.localhost`];
  const checked = [...new Set(wanted.map((domain) => take(checkDomain(domain), domain)))];
  const domains = nonEmpty(checked) ?? ([`${name}.localhost`] as const);
  const ports = {
    http: take(checkPort(request.http_port ?? config.http_port ?? before?.ports.http ?? (root ? 80 : 8080)), 80),
    https: take(checkPort(request.https_port ?? config.https_port ?? before?.ports.https ?? (root ? 443 : 8443)), 443),
  };
  if (ports.http === ports.https) problems.push(samePort(ports.http));
  const edge = new Set([ports, ...others.map((other) => other.ports)].flatMap(({ http, https }) => [http, https]));
  for (const port of config.network?.listen ?? []) if (edge.has(port)) problems.push(edgePort(port));
  for (const other of others) {
    if (other.name === name) continue;
    const shared = domains.find((domain) => other.domains.includes(domain));
    if (shared !== undefined) problems.push(domainTaken(shared, other.name));
    if (other.ports.http === ports.https || other.ports.https === ports.http) problems.push(mixedPort(other));
  }
  const [first, ...rest] = problems;
  return first ? failed(first, ...rest) : ok({ name, domains, ports });
}

function nonEmpty(list: readonly string[] | undefined): readonly [string, ...string[]] | undefined {
  const [first, ...rest] = list ?? [];
  return first === undefined ? undefined : [first, ...rest];
}

function samePort(port: number): Problem {
  return {
    code: 'bad-port',
    summary: `HTTP and HTTPS cannot both use port ${port}`,
    cure: ['Give two different ones: `--http-port 8080 --https-port 8443`.'],
  };
}

function domainTaken(domain: string, site: string): Problem {
  return {
    code: 'domain-taken',
    summary: `The site ${site} answers to ${domain} already`,
    cure: ['Choose another domain: `--domain NAME`.', `Or take it from ${site}: \`roadie down ${site}\`.`],
  };
}

function edgePort(port: number): Problem {
  return {
    code: 'bad-port',
    summary: `network.listen has ${port}, on which the edge answers visitors`,
    cure: [`Remove ${port} from network.listen: the website needs no entry there.`],
  };
}

function mixedPort(other: SiteRecord): Problem {
  return {
    code: 'bad-port',
    summary: `The site ${other.name} uses ${other.ports.http} for HTTP and ${other.ports.https} for HTTPS: a port is one or the other for all sites`,
    cure: [`Use the same: \`--http-port ${other.ports.http} --https-port ${other.ports.https}\`.`],
  };
}
