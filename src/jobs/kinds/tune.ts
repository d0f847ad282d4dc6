import { runStep } from '../../build/step.ts';
import { commonSitePaths } from '../../components/edge/place.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { parseAccessLine } from '../../deploy/bake/access-line.ts';
import { lastLines } from '../../machine/logs/log-files.ts';
import { measureLoad } from '../../machine/network/http-load.ts';
import { httpStatus } from '../../machine/network/http-probe.ts';
import { readSystem } from '../../machine/system.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { WebSetting } from '../../services/web-setting.ts';
import { liveService } from '../../sites/live-service.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { trialName, trialService, webSetting } from '../../targets/machine/index.ts';
import { pagesToMeasure } from '../../tuning/pages.ts';
import { type Measured, recommend } from '../../tuning/recommend.ts';
import { isSame, sayingOf, settingsToTry } from '../../tuning/settings.ts';
import { type JobContext, knownSite, otherSites } from '../context.ts';
import { designSite } from '../site-design.ts';
import { changeLive } from './change-live.ts';

/** As many ask at once as keep every process of every setting busy, on a machine of a few cores. */
const clients = 16;

/** Requests of the access log that are looked at. */
const recentRequests = 5000;

/** What of the machine's memory the web server may have: the rest is the database's, the workers' and the kernel's. */
const memoryShare = 0.5;

/**
 * Measures the site's own pages with other numbers of processes and threads, each on a copy of the web server beside the live one
 * that no visitor reaches, and recommends one. Changes nothing unless `apply` is asked for. Throws `no-release`,
 * `nothing-to-tune`, and `service-failed` where the copy of what runs does not start.
 */
export async function tune(request: JobOf<'tune'>, context: JobContext): Promise<JobResults['tune']> {
  const { site: name, seconds, apply } = request;
  const record = withoutTrial(await knownSite(context, name));
  const { release, blueprint, group } = record;
  const web = liveService(group);
  if (!release || !blueprint || !group || !web) throw nothing('no-release', `${name} has no live release`, `roadie up`);
  if (apply) await requireUndecided(record, context);
  const site = {
    record: new OpenRecord(record, context.records),
    blueprint,
    others: () => otherSites(context, name),
    keepSeconds: 0,
  };
  const now = await webSetting(site, release, context);
  if (!now)
    throw nothing(
      'nothing-to-tune',
      `Roadie does not choose the processes of ${name}'s web server`,
      `roadie status ${name}`,
    );
  const pages = await workingPages(request, record, release, web, context);
  const { memoryBytes, cores } = await readSystem();
  const room = memoryBytes * memoryShare;
  const measured: Measured[] = [];
  try {
    const live = (await memoryOf(name, web.name, context)) ?? 0;
    const processBytes = Math.max(1, live / (now.workers + 1));
    for (const setting of settingsToTry(now, { cores, memoryBytes: room, processBytes })) {
      const step = { name: 'trial', title: `Measure ${sayingOf(setting)}` };
      await runStep(step, { job: context.id, site: name, emit: context.emit }, async () => {
        const trial = await trialService(site, release, setting, context);
        await site.record.save({ ...record, group: { ...group, services: [...group.services, trial] } });
        measured.push({ ...setting, ...(await measure(trial, pages, seconds, context)) });
      });
    }
  } finally {
    await site.record.save(record);
    await context.daemon.reconcile(name);
  }
  const [first, ...rest] = measured;
  if (!first) throw new Error('nothing was measured');
  const { setting, because } = recommend([first, ...rest], room);
  const applied = apply && !isSame(setting, now);
  if (applied) await changeLive(record, { tuned: setting }, context);
  return {
    site: name,
    pages: [...pages],
    seconds,
    clients,
    measured: measured.map(shown),
    recommended: setting,
    because,
    applied,
  };
}

/** A trial that was cut short has left its service. */
function withoutTrial(record: SiteRecord): SiteRecord {
  const { group } = record;
  return group
    ? { ...record, group: { ...group, services: group.services.filter(({ name }) => name !== trialName) } }
    : record;
}

/** Takes back what `tune` has applied: the config decides again, or the machine. */
export async function untune(request: JobOf<'untune'>, context: JobContext): Promise<JobResults['untune']> {
  const record = await knownSite(context, request.site);
  if (record.tuned) await changeLive(record, { tuned: undefined }, context);
  return { site: record.name, was: record.tuned ?? null };
}

/** Starts a trial in place of the one before and asks its pages. One that does not start has answered nothing. */
async function measure(
  trial: ServiceSpec,
  pages: readonly [string, ...string[]],
  seconds: number,
  { daemon }: JobContext,
): Promise<Omit<Measured, keyof WebSetting>> {
  await daemon.reconcile(trial.group);
  const { socket, headers } = questionOf(trial);
  const question = { socket, headers, clients, paths: pages };
  // The first requests load what is loaded late.
  await measureLoad({ ...question, seconds: 1 });
  const result = await measureLoad({ ...question, seconds });
  return { ...result, memoryBytes: await memoryOf(trial.group, trialName, { daemon }) };
}

/** How a web server is asked as a visitor would, over its socket: as its own probe does. */
function questionOf({ name, readiness: { probe } }: ServiceSpec): {
  readonly socket: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (probe.kind !== 'http') throw new Error(`${name} is not asked by HTTP`);
  return { socket: probe.socket, headers: { ...probe.headers, Host: probe.host } };
}

async function memoryOf(site: string, service: string, { daemon }: Pick<JobContext, 'daemon'>): Promise<number | null> {
  const found = (await daemon.status()).sites.find(({ name }) => name === site);
  return found?.services.find(({ name }) => name === service)?.memory_bytes ?? null;
}

/** The pages that are asked for, or that visitors ask for most: those that answer now. */
async function workingPages(
  request: JobOf<'tune'>,
  { name }: SiteRecord,
  release: ReleaseRecord,
  web: ServiceSpec,
  { layout }: JobContext,
): Promise<readonly [string, ...string[]]> {
  const lines = request.pages ? [] : await lastLines(commonSitePaths(layout.edge, name).accessLog, recentRequests);
  const answers = lines.flatMap((line) => parseAccessLine(line) ?? []);
  const wanted = request.pages ?? pagesToMeasure(answers, release.healthPath);
  const { socket, headers } = questionOf(web);
  const working: string[] = [];
  for (const path of wanted) {
    const status = await httpStatus({ socket, path, host: headers['Host'] ?? '', headers, timeoutMs: 20_000 });
    if (status !== undefined && status < 400) working.push(path);
  }
  const [first, ...rest] = working;
  if (first === undefined)
    throw nothing(
      'nothing-to-tune',
      `None of these pages answers: ${wanted.join(', ')}`,
      `roadie tune ${name} --page /`,
    );
  return [first, ...rest];
}

/** The owner's file comes first: then it is to be changed there. */
async function requireUndecided(record: SiteRecord, context: JobContext): Promise<void> {
  const { build } = await designSite({ ...record.request, kind: 'up' }, context);
  const { workers, threads } = build.project.config.web ?? {};
  if (workers === undefined && threads === undefined) return;
  throw nothing(
    'nothing-to-tune',
    `The config of ${record.name} says itself how many processes or threads its web server has`,
    `roadie tune ${record.name}`,
  );
}

function nothing(code: 'no-release' | 'nothing-to-tune', summary: string, command: string): ProblemError {
  return new ProblemError({ code, summary, cure: [`$ ${command}`] });
}

function shown({
  requestsPerSecond,
  p95Ms,
  memoryBytes,
  failed,
  workers,
  threads,
}: Measured): JobResults['tune']['measured'][number] {
  return {
    workers,
    threads,
    requests_per_second: Math.round(requestsPerSecond * 10) / 10,
    p95_ms: Math.round(p95Ms * 10) / 10,
    memory_bytes: memoryBytes,
    failed,
  };
}
