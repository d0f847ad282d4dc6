import { commonSitePaths } from '../components/edge/place.ts';
import { parseAccessLine } from '../deploy/bake/access-line.ts';
import { lastLines } from '../machine/logs/log-files.ts';
import { type LoadResult, measureLoad } from '../machine/network/http-load.ts';
import { httpStatus } from '../machine/network/http-probe.ts';
import type { ServiceSpec } from '../services/service.ts';
import { pagesToMeasure } from '../tuning/pages.ts';
import type { JobContext } from './context.ts';

/** As many ask at once as keep every process of every setting busy, on a machine of a few cores. */
export const clients = 16;

/** Requests of the access log that are looked at. */
const recentRequests = 5000;

/** Pages of a site, one at least. */
export type Pages = readonly [string, ...string[]];

/** What a web server answers under load, and the memory that it has then; null where that is not known. */
export async function loadOf(
  web: ServiceSpec,
  pages: Pages,
  seconds: number,
  context: Pick<JobContext, 'daemon'>,
): Promise<LoadResult & { readonly memoryBytes: number | null }> {
  const question = { ...questionOf(web), clients, paths: pages };
  // The first requests load what is loaded late.
  await measureLoad({ ...question, seconds: 1 });
  const result = await measureLoad({ ...question, seconds });
  return { ...result, memoryBytes: await memoryOf(web, context) };
}

/** What all processes of a service have of the memory, in bytes; null where that is not known. */
export async function memoryOf(
  { group, name }: Pick<ServiceSpec, 'group' | 'name'>,
  { daemon }: Pick<JobContext, 'daemon'>,
): Promise<number | null> {
  const found = (await daemon.status()).sites.find((site) => site.name === group);
  return found?.services.find((service) => service.name === name)?.memory_bytes ?? null;
}

/**
 * The pages to measure with: those that are `wanted`, else those that visitors ask for most. `working` are those that the live web
 * server answers now.
 */
export async function pagesOf(
  web: ServiceSpec,
  healthPath: string,
  wanted: readonly string[] | undefined,
  { layout }: Pick<JobContext, 'layout'>,
): Promise<{ readonly asked: readonly string[]; readonly working: readonly string[] }> {
  const lines = wanted ? [] : await lastLines(commonSitePaths(layout.edge, web.group).accessLog, recentRequests);
  const answers = lines.flatMap((line) => parseAccessLine(line) ?? []);
  const asked = wanted ?? pagesToMeasure(answers, healthPath);
  const { socket, headers } = questionOf(web);
  const working: string[] = [];
  for (const path of asked) {
    const status = await httpStatus({ socket, path, host: headers['Host'] ?? '', headers, timeoutMs: 20_000 });
    if (status !== undefined && status < 400) working.push(path);
  }
  return { asked, working };
}

/** How a web server is asked as a visitor would, over its socket: as its own probe does. */
function questionOf({ name, readiness: { probe } }: ServiceSpec): {
  readonly socket: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (probe.kind !== 'http') throw new Error(`${name} is not asked by HTTP`);
  return { socket: probe.socket, headers: { ...probe.headers, Host: probe.host } };
}
