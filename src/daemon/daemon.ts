import { memoryOfAllSites, weightOfAllSites } from '../components/bounds.ts';
import { BakeWatch } from '../deploy/bake/watch.ts';
import { EventLog } from './event-log.ts';
import type { Daemon } from './handlers.ts';
import { JobRunner } from './job-runner.ts';
import { respond } from './respond.ts';
import { holdLock, serveApi } from '../machine/network/api-server.ts';
import { systemClock } from '../machine/clock.ts';
import { Confiner } from '../machine/bounds/confiner.ts';
import { ensureFolder, exists } from '../machine/files/files.ts';
import { type Layout, packagesJournal, scheduleState } from '../machine/layout.ts';
import { SiteRecords } from '../sites/store.ts';
import { abstractHolder } from '../machine/network/socket-tables.ts';
import { StateFile } from '../machine/files/state-file.ts';
import { edgeUser, hookSocket } from '../components/edge/place.ts';
import { serveHooks } from '../machine/network/hook-server.ts';
import { isRoot, readSystem } from '../machine/system.ts';
import { lookupUser } from '../machine/users/users.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { pruning } from './pruning.ts';
import { Renewals } from './renewals.ts';
import { Scheduler } from '../schedule/scheduler.ts';
import { Watching } from './watching.ts';
import { webhookHandler } from './webhooks.ts';

export type DaemonOptions = {
  readonly layout: Layout;
  readonly version: string;
  /** Starts a job process: this program again. */
  readonly jobCommand: readonly [string, ...string[]];
  /** Aborts when the process is asked to end; services live on. */
  readonly signal: AbortSignal;
};

/**
 * The daemon from its start to its end: takes the lock, adopts what runs, starts what should, answers on its socket.
 * Resolves with the exit code. Everything it does while it idles is in the supervisor.
 */
export async function runDaemon(options: DaemonOptions): Promise<number> {
  const { layout } = options;
  await ensureFolder(layout.base, { mode: 0o755 });
  await ensureFolder(layout.state, { mode: 0o700 });
  // Others must pass through to the sites' sockets, and see nothing on the way.
  await ensureFolder(layout.run, { mode: 0o711 });
  const lock = `roadie:${layout.run}`;
  if (!(await holdLock(lock))) {
    const holder = abstractHolder(lock);
    const who = holder?.pid === undefined ? '' : ` It is held by pid ${holder.pid}: ${holder.command}`;
    process.stderr.write(`Another daemon is running, or another program holds its lock.${who}\n`);
    return 0;
  }
  const events = new EventLog(layout.eventLog, systemClock);
  const records = new SiteRecords(layout, (site, { summary }) =>
    events.emit({ type: 'note', level: 'warning', site, text: `${summary}. The other sites are served` }),
  );
  const confiner = isRoot() ? await confinerOf(layout) : undefined;
  const supervisor = new Supervisor({
    emit: events.emit,
    state: new StateFile(`${layout.state}/supervisor.json`),
    runFolder: layout.run,
    confiner,
  });
  const jobs = new JobRunner({ command: options.jobCommand, events });
  const clock = systemClock;
  const schedule = new Scheduler(clock, new StateFile(scheduleState(layout.state)));
  const bake = new BakeWatch({ layout, records, supervisor, events, jobs, clock, schedule });
  const watching = new Watching({ layout, records, events, jobs, clock, schedule });
  const renewals = new Renewals({ layout, records, events, jobs, clock, schedule });
  const notEnforced = confiner?.missing ?? [];

  const ending = new Promise<{ services: boolean; reason: string }>((resolve) => {
    const stop = (services: boolean): void => resolve({ services, reason: 'asked to' });
    options.signal.addEventListener('abort', () => resolve({ services: false, reason: 'signal' }), { once: true });
    void start({
      version: options.version,
      layout,
      supervisor,
      records,
      events,
      jobs,
      watching,
      bake,
      schedule,
      notEnforced,
      stop,
    });
  });

  async function start(daemon: Daemon): Promise<void> {
    const edge = await records.readEdge();
    const sites = await records.all();
    const groups = sites.flatMap((record) => (record.group ? [record.group] : []));
    const live = new Set(sites.flatMap(({ name, release }) => (release ? [name] : [])));
    const { adopted } = await supervisor.resume(edge ? [...groups, edge] : groups, live);
    // No earlier: `status` would miss services that run. No later: whoever started the daemon waits for it, and may watch the rest come up.
    api = await serveApi(layout.socket, (request) => respond(request, daemon));
    void finishLeftInstallation(layout, events);
    await schedule.load();
    void events.follow(bake.onEvent, options.signal);
    await bake.resume();
    void events.follow(watching.onEvent, options.signal);
    await watching.refresh();
    void events.follow(renewals.onEvent, options.signal);
    await renewals.refresh();
    schedule.put(pruning(jobs));
    // Sites go on without it, and what it would have told the poll finds out.
    hooks = await serveHooks(hookSocket(layout.run), await edgeGroup(), webhookHandler(watching)).catch(
      (error: unknown) => {
        events.emit({ type: 'note', level: 'warning', text: `Webhooks cannot be served: ${String(error)}` });
        return undefined;
      },
    );
    for (const text of notEnforced) events.emit({ type: 'note', level: 'warning', text });
    events.emit({ type: 'daemon-started', version: options.version, pid: process.pid, adopted });
  }

  let api: Awaited<ReturnType<typeof serveApi>> | undefined;
  let hooks: Awaited<ReturnType<typeof serveHooks>> | undefined;
  const { services, reason } = await ending;
  events.emit({ type: 'daemon-stopping', reason });
  bake.close();
  watching.close();
  await schedule.close();
  await hooks?.close();
  await supervisor.close({ services });
  await api?.close();
  return 0;
}

/** What confines all sites, and holds them together to their share of the machine. */
async function confinerOf(layout: Layout): Promise<Confiner> {
  const confiner = new Confiner(layout);
  const { memoryBytes } = await readSystem();
  confiner.groups.boundAll({ memoryBytes: memoryOfAllSites(memoryBytes), weight: weightOfAllSites });
  return confiner;
}

/** The group of the edge's workers, who pass webhooks on; without root they run as this user. */
async function edgeGroup(): Promise<number | undefined> {
  return isRoot() ? (await lookupUser(edgeUser))?.gid : undefined;
}

/** A job that was killed while it installed packages has left services held back on the whole machine. */
async function finishLeftInstallation({ state }: Layout, events: EventLog): Promise<void> {
  const journal = packagesJournal(state);
  if (!(await exists(journal))) return;
  try {
    const { finishInstallation } = await import('../machine/packages/packages.ts');
    await finishInstallation({ journal });
    events.emit({
      type: 'note',
      level: 'info',
      text: 'An installation of packages that was cut short has been finished.',
    });
  } catch (error) {
    const text = `An installation of packages that was cut short could not be finished: ${String(error)}`;
    events.emit({ type: 'note', level: 'warning', text });
  }
}
