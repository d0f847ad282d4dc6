import { join } from 'node:path';

import type { SiteRecord } from '../sites/record.ts';
import type { Emit } from '../contract/events.ts';
import { Confiner } from '../machine/bounds/confiner.ts';
import { keepNewest } from '../machine/logs/log-rotation.ts';
import type { Layout } from '../machine/layout.ts';
import { SiteRecords } from '../sites/store.ts';
import { ensureFolder } from '../machine/files/files.ts';
import { isRoot } from '../machine/system.ts';
import { ProblemError } from '../problems/problem.ts';
import type { JobTurns } from './turns.ts';
import { type DaemonClient, daemonClient } from './daemon-client.ts';

/** What every job works with. */
export type JobContext = {
  readonly id: string;
  readonly emit: Emit;
  readonly layout: Layout;
  readonly records: SiteRecords;
  readonly daemon: DaemonClient;
  /** Absolute path of Roadie's own folder. */
  readonly home: string;
  /** Proxies, certificates and package indexes of the daemon's own environment: for what downloads. */
  readonly network: Readonly<Record<string, string>>;
  /** Confines what runs as a site's users; absent without root. */
  readonly confiner?: Confiner;
  /** How it shares the machine with the operations of other sites. */
  readonly turns: JobTurns;
  /** Absolute path of this job's log: everything that its commands print. */
  readonly log: string;
};

/** What a job is given by the process that it runs in. */
export type JobSettings = Pick<JobContext, 'layout' | 'home' | 'network'>;

/** Logs of jobs that are kept, this one's included: some weeks of deploys. */
const keptLogs = 100;

/** What one job works with. Makes the folder of jobs' logs, and drops the oldest of them. Throws `disk-full` and the like. */
export async function makeContext(
  settings: JobSettings,
  { id, emit, turns }: Pick<JobContext, 'id' | 'emit' | 'turns'>,
): Promise<JobContext> {
  const { layout } = settings;
  const folder = join(layout.state, 'jobs');
  await ensureFolder(folder, { mode: 0o700 });
  keepNewest(folder, keptLogs - 1);
  return {
    id,
    emit,
    layout,
    records: new SiteRecords(layout),
    daemon: daemonClient(layout.socket),
    turns,
    home: settings.home,
    network: settings.network,
    ...(isRoot() && { confiner: new Confiner(layout) }),
    log: join(folder, `${id}.log`),
  };
}

/** The record of a site that must exist. Throws `unknown-site`. */
export async function knownSite(context: JobContext, name: string): Promise<SiteRecord> {
  const record = await context.records.read(name);
  if (record) return record;
  const names = await context.records.names();
  throw new ProblemError({
    code: 'unknown-site',
    summary: `There is no site '${name}'`,
    detail: names.length > 0 ? `There are: ${names.join(', ')}` : 'There is no site yet.',
    cure: ['$ roadie status', `$ roadie up PATH --name ${name}`],
  });
}

/** The records of all sites of this host but one. Throws `state-damaged`. */
export async function otherSites(context: JobContext, name: string): Promise<readonly SiteRecord[]> {
  return (await context.records.all()).filter((record) => record.name !== name);
}
