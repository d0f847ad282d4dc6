import { allComponents } from '../../components/index.ts';
import type { Config } from '../../config/config.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { readSystem } from '../../machine/system.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { TunedWeb, WebChoice, WebServer } from '../../services/web-setting.ts';
import { liveService } from '../../sites/live-service.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { trialName, webServer, webSetting } from '../../targets/machine/index.ts';
import { isSameServer, serversToCompare } from '../../tuning/candidates.ts';
import { type Measured, recommend } from '../../tuning/recommend.ts';
import { isSame } from '../../tuning/settings.ts';
import { type JobContext, knownSite, otherSites } from '../context.ts';
import { designSite } from '../site-design.ts';
import { clients, memoryOf, type Pages, pagesOf } from '../trial-load.ts';
import { type LeftOut, runTrials } from '../trials.ts';
import { changeLive, liveCode } from './change-live.ts';

/** What of the machine's memory the web server may have: the rest is the database's, the workers' and the kernel's. */
const memoryShare = 0.5;

/**
 * Measures the site's own pages with other web servers and other numbers of processes and threads, each on a copy beside the live
 * one that no visitor reaches, and recommends one. Changes nothing unless `apply` is asked for. Throws `no-release`,
 * `nothing-to-tune`, and `service-failed` where the copy of what runs does not start.
 */
export async function tune(request: JobOf<'tune'>, context: JobContext): Promise<JobResults['tune']> {
  const { site: name, seconds, apply } = request;
  const record = withoutTrial(await knownSite(context, name));
  const { release, blueprint, group } = record;
  const web = liveService(group);
  if (!release || !blueprint || !group || !web) throw nothing('no-release', `${name} has no live release`, `roadie up`);
  const decided = apply ? await undecided(record, context) : undefined;
  const open = new OpenRecord(record, context.records);
  const site = { record: open, blueprint, others: () => otherSites(context, name), keepSeconds: 0 };
  const own = webServer(blueprint);
  const now = await webSetting(site, release, context);
  if (!own || !now)
    throw nothing(
      'nothing-to-tune',
      `Roadie does not choose the processes of ${name}'s web server`,
      `roadie status ${name}`,
    );
  const { input } = await designSite(
    { ...record.request, ...liveCode(record, release), kind: 'up', once: true },
    context,
  );
  const { kind } = release.application;
  const comparison = must(
    serversToCompare({ own, kind, config: decided ?? input.config, wished: request.servers }, allComponents),
  );
  const pages = await workingPages(request, release.healthPath, web, context);
  const { memoryBytes, cores } = await readSystem();
  const live = (await memoryOf(web, context)) ?? 0;
  const room = { cores, memoryBytes: memoryBytes * memoryShare, processBytes: Math.max(1, live / (now.workers + 1)) };
  const { measured, leftOut } = await runTrials(
    { record: { ...record, release, group }, open, blueprint, own, now, room, comparison, input, pages, seconds },
    context,
  );
  const { choice, because } = recommend(measured, room.memoryBytes);
  const applied = apply && !(isSameServer(choice, own) && isSame(choice, now));
  if (applied) await changeLive(record, { tuned: taken(choice, own, record.tuned) }, context);
  return {
    site: name,
    pages: [...pages],
    seconds,
    clients,
    measured: measured.map(shown),
    left_out: leftOut.map(shownLeftOut),
    note: comparison.note ?? null,
    recommended: shownChoice(choice),
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

/** What is remembered of a choice: the server where it is another than the site's, or the site's has been measured before. */
function taken(
  { workers, threads, server, workerClass }: WebChoice,
  own: WebServer,
  before: TunedWeb | undefined,
): TunedWeb {
  const chosen = { server, workerClass };
  const named = isSameServer(chosen, own) ? before?.server : chosen;
  return { workers, threads, ...(named && { server: named }) };
}

/** Takes back what `tune` has applied: the config decides again, or the machine. */
export async function untune(request: JobOf<'untune'>, context: JobContext): Promise<JobResults['untune']> {
  const record = await knownSite(context, request.site);
  const { tuned } = record;
  if (!tuned) return { site: record.name, was: null };
  await changeLive(record, { tuned: undefined }, context);
  const { workers, threads, server } = tuned;
  return {
    site: record.name,
    was: { server: server?.server ?? null, worker_class: server?.workerClass ?? null, workers, threads },
  };
}

/** The pages that are asked for, or that visitors ask for most: those that answer now. */
async function workingPages(
  request: JobOf<'tune'>,
  healthPath: string,
  web: ServiceSpec,
  context: JobContext,
): Promise<Pages> {
  const { asked, working } = await pagesOf(web, healthPath, request.pages, context);
  const [first, ...rest] = working;
  if (first !== undefined) return [first, ...rest];
  throw nothing(
    'nothing-to-tune',
    `None of these pages answers: ${asked.join(', ')}`,
    `roadie tune ${request.site} --page /`,
  );
}

/** The config as its owner has it now. It comes first: what it says about processes and threads is to be changed there. */
async function undecided(record: SiteRecord, context: JobContext): Promise<Config> {
  const { config } = (await designSite({ ...record.request, kind: 'up' }, context)).input;
  const { workers, threads } = config.web ?? {};
  if (workers === undefined && threads === undefined) return config;
  throw nothing(
    'nothing-to-tune',
    `The config of ${record.name} says itself how many processes or threads its web server has`,
    `roadie tune ${record.name}`,
  );
}

function nothing(code: 'no-release' | 'nothing-to-tune', summary: string, command: string): ProblemError {
  return new ProblemError({ code, summary, cure: [`$ ${command}`] });
}

function shown(measured: Measured): JobResults['tune']['measured'][number] {
  const { requestsPerSecond, p95Ms, memoryBytes, failed } = measured;
  return {
    ...shownChoice(measured),
    requests_per_second: Math.round(requestsPerSecond * 10) / 10,
    p95_ms: Math.round(p95Ms * 10) / 10,
    memory_bytes: memoryBytes,
    failed,
  };
}

function shownChoice({ server, workerClass, workers, threads }: WebChoice): JobResults['tune']['recommended'] {
  return { server, worker_class: workerClass, workers, threads };
}

function shownLeftOut(one: LeftOut): JobResults['tune']['left_out'][number] {
  const { server, workerClass, workers, threads, because } = one;
  return { server, worker_class: workerClass, workers: workers ?? null, threads: threads ?? null, because };
}
