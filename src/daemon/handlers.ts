import { siteEnvironment } from '../sites/site-environment.ts';
import type { Answers } from '../contract/answers.ts';
import type { EndpointName, endpoints } from '../contract/endpoints.ts';
import { diskSpace } from '../machine/files/disk.ts';
import { followLogs } from '../machine/logs/follow-logs.ts';
import { type Layout, siteLayout } from '../machine/layout.ts';
import type { SiteRecords } from '../sites/store.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { BakeWatch } from '../deploy/bake/watch.ts';
import type { EventLog } from './event-log.ts';
import type { JobRunner } from './job-runner.ts';
import { releaseView } from './release-views.ts';
import { ownFilesView } from '../sites/own-files.ts';
import { releasesOf } from './releases.ts';
import type { BodyOf, Route } from './router.ts';
import type { Watching } from './watching.ts';
import { siteDisk } from './site-disk.ts';
import { siteStatus } from './site-status.ts';

/** What the handlers work with. */
export type Daemon = {
  readonly version: string;
  readonly layout: Layout;
  readonly supervisor: Pick<
    Supervisor,
    'status' | 'openPorts' | 'serviceLogs' | 'start' | 'stop' | 'restart' | 'reconcile' | 'reload' | 'forget'
  >;
  readonly records: SiteRecords;
  readonly events: Pick<EventLog, 'last' | 'follow'>;
  readonly jobs: Pick<JobRunner, 'run' | 'busy' | 'running' | 'runningOn'>;
  readonly watching: Pick<Watching, 'statusOf'>;
  readonly bake: Pick<BakeWatch, 'viewOf' | 'alarmOf'>;
  readonly schedule: Pick<Scheduler, 'table'>;
  /** What the kernel does not let Roadie enforce here, a sentence each. */
  readonly notEnforced: readonly string[];
  readonly stop: (services: boolean) => void;
};

/** What the contract has an endpoint answer: one value, or a stream of them. */
type AnswerOf<Name extends EndpointName> = (typeof endpoints)[Name]['answer'] extends 'json'
  ? { readonly kind: 'json'; readonly status: 200; readonly value: Answers[Name] }
  : {
      readonly kind: 'events';
      readonly stream: (send: (value: Answers[Name]) => void, gone: AbortSignal) => Promise<void>;
    };

/** An error answer. */
type Refusal = {
  readonly kind: 'json';
  readonly status: 400 | 404 | 405 | 409 | 500;
  readonly value: { readonly problems: readonly [Problem, ...Problem[]] };
};

export type Handler<Name extends EndpointName> = (
  route: Route,
  body: BodyOf<Name>,
  daemon: Daemon,
) => Promise<AnswerOf<Name> | Refusal>;

/** One handler for each endpoint of the contract: a missing one does not compile. */
export const handlers: { readonly [Name in EndpointName]: Handler<Name> } = {
  async status(_route, _body, daemon) {
    const groups = daemon.supervisor.status();
    const job = daemon.jobs.running;
    const { layout, records } = daemon;
    const edge = await records.readEdge();
    const sites = await Promise.all(
      (await records.all()).map(async (record) => {
        const services = groups.find((group) => group.group === record.name)?.services ?? [];
        const view = releaseView(record, daemon.bake, Date.now());
        const ports = daemon.supervisor.openPorts(record.name);
        return siteStatus(record, services, await siteDisk(record, edge, layout), view, ports);
      }),
    );
    return json({
      daemon: {
        pid: process.pid,
        version: daemon.version,
        memory_bytes: process.memoryUsage.rss(),
        disk_free_bytes: (await diskSpace(layout.base)).freeBytes,
        schedule: [...daemon.schedule.table()],
        not_enforced: [...daemon.notEnforced],
        ...(job && { operation: { kind: job.kind, site: job.site ?? null, since: job.since } }),
      },
      sites,
    });
  },

  async events({ query }, _body, { events }) {
    const past = await events.last(Number(query['lines'] ?? 100), query['site']);
    return {
      kind: 'events',
      stream: async (send, gone) => {
        for (const event of past) send(event);
        if (query['follow'] === '1')
          await events.follow(
            (event) => (query['site'] === undefined || event.site === query['site']) && send(event),
            gone,
          );
      },
    };
  },

  async job({ query }, request, { jobs }) {
    const waits = query['wait'] === '1';
    const busy = waits ? undefined : jobs.busy(request);
    if (busy) return problems(409, busy);
    // The job goes on when its caller hangs up: what was begun is brought to its end.
    return {
      kind: 'events',
      stream: async (send) => {
        await jobs.run(request, send, { refuse: !waits });
      },
    };
  },

  start: (route, _body, daemon) => control('start', route, daemon),
  stop: (route, _body, daemon) => control('stop', route, daemon),
  restart: (route, _body, daemon) => control('restart', route, daemon),

  async logs(route, _body, daemon) {
    const site = await knownSite(route, daemon);
    const logs = daemon.supervisor.serviceLogs(site, route.query['service']);
    const lines = Number(route.query['lines'] ?? 100);
    return {
      kind: 'events',
      stream: (send, gone) => followLogs(logs, { lines, follow: route.query['follow'] === '1', gone }, send),
    };
  },

  async releases(route, _body, daemon) {
    const record = await daemon.records.read(await knownSite(route, daemon));
    if (!record) throw new ProblemError(noRelease(route.parameters['site'] ?? ''));
    const view = releaseView(record, daemon.bake, Date.now());
    return json(await releasesOf(record, daemon.jobs.runningOn(record.name), daemon.layout, view));
  },

  async watch(route, _body, daemon) {
    const site = await knownSite(route, daemon);
    const watch = daemon.watching.statusOf(site);
    if (!watch) throw new ProblemError(noRelease(site));
    return json(watch);
  },

  async environment(route, _body, daemon) {
    const record = await daemon.records.read(await knownSite(route, daemon));
    if (!record?.release) throw new ProblemError(noRelease(route.parameters['site'] ?? ''));
    return json(siteEnvironment(record, record.release));
  },

  async files(route, _body, daemon) {
    const site = await knownSite(route, daemon);
    return json(await ownFilesView(site, siteLayout(daemon.layout.sites, site).own));
  },

  async reconcile({ parameters, query }, _body, daemon) {
    const keepSeconds = Number(query['keep'] ?? 0) || 0;
    const group = parameters['group'] ?? '';
    const record = group === 'edge' ? undefined : await daemon.records.read(group);
    const spec = group === 'edge' ? await daemon.records.readEdge() : record?.group;
    // What has no spec has no services, and none is kept of a name that somebody made up.
    if (!spec) return json({ changed: await daemon.supervisor.forget(group) });
    const isNew = record !== undefined && record.release === undefined;
    return json(await daemon.supervisor.reconcile(spec, { keepSeconds, isNew }));
  },

  async reload({ parameters, query }, _body, { supervisor }) {
    return json({ changed: await supervisor.reload(parameters['group'] ?? '', query['service']) });
  },

  async forget({ parameters }, _body, { supervisor }) {
    return json({ changed: await supervisor.forget(parameters['group'] ?? '') });
  },

  async stopDaemon({ query }, _body, { stop }) {
    stop(query['services'] === '1');
    return json({ stopped: true as const });
  },
};

/** An error answer. */
export function problems(status: Refusal['status'], ...list: readonly [Problem, ...Problem[]]): Refusal {
  return { kind: 'json', status, value: { problems: list } };
}

function json<Value>(value: Value): { readonly kind: 'json'; readonly status: 200; readonly value: Value } {
  return { kind: 'json', status: 200, value };
}

async function control(action: 'start' | 'stop' | 'restart', route: Route, daemon: Daemon): Promise<AnswerOf<'start'>> {
  const site = await knownSite(route, daemon);
  const services = await daemon.supervisor[action](site, route.query['service']);
  return json({ services });
}

/** The site that a route names. Throws `unknown-site`, with the nearest names, and `unknown-service`. */
async function knownSite({ parameters, query }: Route, { records, supervisor }: Daemon): Promise<string> {
  const site = parameters['site'] ?? '';
  const names = await records.names();
  if (!names.includes(site) && site !== 'edge') {
    throw new ProblemError({
      code: 'unknown-site',
      summary: `There is no site '${site}'`,
      detail: names.length > 0 ? `There are: ${names.join(', ')}` : 'There is no site yet.',
      cure: ['$ roadie status', `$ roadie up PATH --name ${site}`],
    });
  }
  const services =
    supervisor
      .status()
      .find((group) => group.group === site)
      ?.services.map((service) => service.name) ?? [];
  const service = query['service'];
  if (service !== undefined && !services.includes(service)) {
    throw new ProblemError({
      code: 'unknown-service',
      summary: `The site ${site} has no service '${service}'`,
      detail: `It has: ${services.join(', ') || 'none yet'}`,
      cure: ['$ roadie status'],
    });
  }
  return site;
}

function noRelease(site: string): Problem {
  return {
    code: 'unknown-site',
    summary: `The site ${site} has no release yet`,
    cure: [`Bring it up first: the last \`up\` did not get that far.`, '$ roadie up'],
  };
}
