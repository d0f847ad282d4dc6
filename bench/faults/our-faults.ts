import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { killGroup, look, processTree, signalProcess } from '../../src/machine/processes/processes.ts';
import type { Ran } from '../../test/rig/box.ts';
import type { Fault } from './fault.ts';
import type { Ours } from './ours.ts';
import { pause, until } from './until.ts';

type OurFault = Fault<Ours>;

/** Everything that happens to Roadie's stack, in the order of the table. */
export const ourFaults: readonly OurFault[] = [
  bad('bad-boot', 'release that does not boot', (ours) => ours.entry, 'raise RuntimeError("does not boot")\n'),
  bad(
    'bad-500',
    'release whose health route answers 500',
    () => 'forum/views.py',
    'from django.http import HttpResponse\n\n\ndef health(request):\n    return HttpResponse("broken", status=500)\n',
  ),
  bad('bad-hang', 'release that hangs at its start', (ours) => ours.entry, 'import time\n\ntime.sleep(600)\n'),
  bad(
    'bad-migration',
    'release whose migration fails',
    () => 'boards/migrations/0003_broken.py',
    'from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [("boards", "0002_first_boards")]\n    operations = [migrations.RunSQL("SELECT 1 / 0", "")]\n',
  ),
  { id: 'deploy', title: 'deploy of a one-line change', run: deploy },
  { id: 'deploy-overload', title: 'deploy in overload', crowd: 64, run: deploy },
  {
    id: 'rollback',
    title: '`rollback` and `deploy` back',
    async run(ours, strike) {
      const said = await ours.health();
      strike();
      must(await ours.box.roadie(['rollback', ours.site]));
      if ((await ours.health()) === said) throw new Error(`after the rollback the site still says '${said}'`);
      must(await ours.box.roadie(['deploy', ours.site]));
      if ((await ours.health()) !== said) throw new Error(`after the deploy the site does not say '${said}' again`);
    },
  },
  {
    id: 'daemon-upgrade',
    title: '`daemon upgrade`',
    async run(ours, strike) {
      const before = await ours.status();
      strike();
      must(await ours.box.roadie(['daemon', 'upgrade']));
      await back(ours);
      if ((await ours.status()).daemon.pid === before.daemon.pid) throw new Error('the old daemon goes on');
    },
  },
  { id: 'env-set', title: '`env set`', run: setVariable },
  { id: 'certificate', title: 'certificate replaced', run: replaceCertificate },
  killing('kill-master', "`kill -9` of the server's master", async (ours) => {
    const pid = await ours.pid('web');
    return () => signalProcess(pid, 'SIGKILL');
  }),
  killing('kill-tree', "`kill -9` of the server's whole tree", async (ours) => {
    const pid = await ours.pid('web');
    return () => killGroup(pid);
  }),
  killing('kill-worker', '`kill -9` of a worker process', async (ours) => {
    const master = await ours.pid('web');
    const worker = processTree(master).find((pid) => pid !== master);
    return () => worker !== undefined && signalProcess(worker, 'SIGKILL');
  }),
  killing('kill-nginx', "`kill -9` of NGINX's master", async (ours) => {
    const pid = await ours.nginx();
    return () => signalProcess(pid, 'SIGKILL');
  }),
  killing('kill-nginx-group', '`kill -9` of all of NGINX', async (ours) => {
    const pid = await ours.nginx();
    return () => killGroup(pid);
  }),
  {
    id: 'kill-daemon',
    title: '`kill -9` of the daemon, and the next one',
    run: (ours, strike) => killDaemon(ours, strike),
  },
  {
    id: 'kill-daemon-app',
    title: "`kill -9` of the daemon, 3 s later of the server's tree",
    async run(ours, strike) {
      await killDaemon(ours, strike);
      await pause(3000);
      const web = await ours.pid('web');
      strike();
      killGroup(web);
      await back(ours);
    },
  },
  {
    id: 'database-restart',
    title: 'database restarted',
    run: (ours, strike) => disturbDatabase(ours, strike, restartDatabase),
  },
  {
    id: 'database-kill',
    title: '`kill -9` of the database',
    run: (ours, strike) => disturbDatabase(ours, strike, killDatabase),
  },
  killing('redis-kill', '`kill -9` of Redis', async (ours) => {
    const pid = await ours.pid('redis');
    return () => signalProcess(pid, 'SIGKILL');
  }),
];

async function deploy(ours: Ours, strike: () => void): Promise<void> {
  const said = await ours.change();
  strike();
  must(await ours.up());
  // The bake, where there is one, has its own time: what counts here is that the new code answers.
  const heard = await ours.health();
  if (heard !== said) throw new Error(`the site says '${heard}' and not '${said}'`);
}

/** A release that must be refused, while the one before serves on. */
function bad(id: string, title: string, pathIn: (ours: Ours) => string, content: string): OurFault {
  return {
    id,
    title,
    async run(ours, strike) {
      const said = await ours.health();
      const path = pathIn(ours);
      await ours.write(path, content);
      strike();
      const ran = await ours.up();
      await ours.restore(path);
      if (ran.code === 0) throw new Error('the release was not refused');
      const heard = await ours.health();
      if (heard !== said) throw new Error(`the site says '${heard}' and not '${said}' as before`);
    },
  };
}

/** `find` looks up the process before the moment; what it answers kills it. */
function killing(id: string, title: string, find: (ours: Ours) => Promise<() => unknown>): OurFault {
  return {
    id,
    title,
    async run(ours, strike) {
      const kill = await find(ours);
      strike();
      kill();
      await back(ours);
    },
  };
}

function back(ours: Ours): Promise<void> {
  return until('all services to be back', 60_000, async () => (await ours.status()).sites[0]?.state === 'live');
}

async function setVariable(ours: Ours, strike: () => void): Promise<void> {
  strike();
  must(await ours.box.roadie(['env', 'set', ours.site, `GREETING=${Date.now()}`, '--wait']));
}

async function replaceCertificate(ours: Ours, strike: () => void): Promise<void> {
  const before = await ours.certificate();
  await rm(join(ours.box.folder, 'base/edge/certificates', ours.site), { recursive: true });
  strike();
  must(await ours.up());
  await until('the new certificate', 10_000, async () => (await ours.certificate()) !== before);
}

/** The next command starts the next daemon, as systemd would. */
async function killDaemon(ours: Ours, strike: () => void): Promise<void> {
  const before = await ours.status();
  strike();
  signalProcess(before.daemon.pid, 'SIGKILL');
  await back(ours);
  const database = (status: typeof before): unknown =>
    status.sites[0]?.services.find((service) => service.name === ours.foundation.database)?.pid;
  if (database(await ours.status()) !== database(before)) throw new Error('the database was not adopted');
}

/** The application must come through it without a restart. */
async function disturbDatabase(ours: Ours, strike: () => void, disturb: (ours: Ours) => Promise<void>): Promise<void> {
  const web = await ours.pid('web');
  strike();
  await disturb(ours);
  await back(ours);
  if ((await ours.pid('web')) !== web) throw new Error('the web server was restarted');
}

async function restartDatabase(ours: Ours): Promise<void> {
  must(await ours.box.roadie(['restart', ours.site, ours.foundation.database]));
}

/**
 * The next one must come up at its first start: what the killed one has left is no obstacle. Where an earlier daemon has started it,
 * its parent is PID 1, and one that takes its time leaves a dead process whose number PostgreSQL takes for a server that runs.
 */
async function killDatabase(ours: Ours): Promise<void> {
  const { database } = ours.foundation;
  const starts = async (): Promise<number> =>
    (await ours.status()).sites[0]?.services.find((each) => each.name === database)?.restarts ?? 0;
  const before = await starts();
  const pid = await ours.pid(database);
  const isOurs = look(pid)?.parent === (await ours.status()).daemon.pid;
  signalProcess(pid, 'SIGKILL');
  await until('the database to be started again', 60_000, async () => (await starts()) > before);
  await back(ours);
  const times = (await starts()) - before;
  if (isOurs && times !== 1) throw new Error(`the database was started ${times} times`);
}

function must(ran: Ran): void {
  if (ran.code !== 0) throw new Error(ran.all.split('\n').slice(-25).join('\n'));
}
