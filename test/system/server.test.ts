import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { Server } from '../rig/server.ts';

const domain = 'boards.localhost';

/**
 * The forum on a bare Debian 12 with systemd, where nothing is installed: the whole way of a person with a new server. Each test goes
 * on where the one before ended. Skipped where this machine may not run containers.
 */
describe('a bare server', { sequential: true }, () => {
  let server: Server | undefined;
  let because = '';

  beforeAll(async () => {
    server = await Server.start().catch((error: unknown) => {
      because = String(error);
      return undefined;
    });
    await server?.shell('git clone --quiet /repository roadie');
  });

  afterAll(() => server?.stop());

  const theServer = (context: TestContext): Server => server ?? context.skip(`no server in a box here: ${because}`);
  const status = async (on: Server) =>
    statusSchema.parse(JSON.parse(await on.shell('cd roadie && ./roadie status --json')));
  const pids = async (on: Server) =>
    (await status(on)).sites.flatMap(({ services }) => services.map(({ name, pid }) => [name, pid]));

  test('a fresh clone, one command, and the forum is live', async (context) => {
    const here = theServer(context);
    const ran = await here.run('/bin/bash', '-c', 'cd roadie && ./roadie up examples/boards --yes');
    expect(ran.all).toContain('boards is live at https://boards.localhost/');
    expect(ran.code).toBe(0);
    expect(await visit(here)).toBe('200');
  });

  test("only the site's ports are open, and none of the packages' own services runs or starts at boot", async (context) => {
    const here = theServer(context);
    const ports = await here.shell("ss --no-header -ltn | awk '{print $4}' | sed 's/.*://' | sort -u");
    expect(ports.trim().split('\n')).toEqual(['443', '80']);
    expect((await here.shell('ss --no-header -lun')).trim()).toBe('');
    for (const unit of ['nginx', 'postgresql', 'postgresql@15-main', 'redis-server']) {
      expect((await here.run('systemctl', 'is-active', unit)).stdout.trim()).toBe('inactive');
      expect((await here.run('systemctl', 'is-enabled', unit)).stdout.trim()).toBe('disabled');
    }
  });

  test('secrets are in files that only root can read, and neither in the journal nor in the process list', async (context) => {
    const here = theServer(context);
    // From a file: what looks for it must not have it in its own arguments.
    const found = await here.shell(`
      tr ',{}' '\\n' < /var/lib/roadie/state/sites/boards.json | sed -n 's/.*"secret-key": *"\\(.*\\)".*/\\1/p' | head -n 1 > /dev/shm/secret
      test $(wc -c < /dev/shm/secret) -ge 32
      grep --recursive --files-with-matches --fixed-strings --file=/dev/shm/secret /var/lib/roadie /run /etc /var/log | xargs stat --format '%a %U' | sort -u
      cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep --count --fixed-strings --file=/dev/shm/secret || true
      journalctl --no-pager | grep --count --fixed-strings --file=/dev/shm/secret || true`);
    expect(found.trim().split('\n')).toEqual(['600 root', '0', '0']);
  });

  test('systemd takes the daemon over, and the services go on', async (context) => {
    const here = theServer(context);
    const before = await pids(here);
    await here.shell('cd roadie && ./roadie daemon install');
    expect((await here.shell('systemctl is-enabled roadie')).trim()).toBe('enabled');
    const main = Number(await here.shell('systemctl show --property MainPID --value roadie'));
    expect((await status(here)).daemon.pid).toBe(main);
    const isData = ([name]: readonly unknown[]) => name !== 'web';
    expect((await pids(here)).filter(isData)).toEqual(before.filter(isData));
  });

  test('a daemon that was killed is back by itself, and no visitor notices', async (context) => {
    const here = theServer(context);
    const before = (await status(here)).daemon.pid;
    const visitors = visitAll(here);
    await here.shell(`
      kill -KILL ${before}
      until pid=$(systemctl show --property MainPID --value roadie) && [ "$pid" != 0 ] && [ "$pid" != ${before} ] && roadie/roadie status >/dev/null 2>&1; do sleep 0.1; done`);
    const seen = await visitors();
    expect(seen).toEqual(['200']);
    expect((await status(here)).sites[0]?.services.map(({ name }) => name)).toHaveLength(4);
  });

  test('after a reboot it serves again; the database was stopped in good order', async (context) => {
    const here = theServer(context);
    await here.reboot();
    await served(here);
    expect(await here.shell('cat /var/lib/roadie/sites/boards/logs/postgresql.log')).not.toContain(
      'not properly shut down',
    );
  });

  test('after a power cut it serves again', async (context) => {
    const here = theServer(context);
    await here.cutPower();
    await served(here);
    expect((await here.shell('systemctl is-active roadie')).trim()).toBe('active');
  });
});

/** The status of a page that Django makes, or why there was none. */
function visit(server: Server): Promise<string> {
  return new Promise((resolve) => {
    const asked = request(
      { host: server.address, servername: domain, headers: { host: domain }, rejectUnauthorized: false, agent: false },
      (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
        response.on('error', (error) => resolve(error.message));
      },
    );
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}

/** Visits all the time, four at once; the answer ends that and tells what kinds of answers there were. */
function visitAll(server: Server): () => Promise<readonly string[]> {
  const ending = new AbortController();
  const seen = new Set<string>();
  const visitor = async (): Promise<void> => {
    do seen.add(await visit(server));
    while (!ending.signal.aborted);
  };
  const visitors = [visitor(), visitor(), visitor(), visitor()];
  return async () => {
    ending.abort();
    await Promise.all(visitors);
    return [...seen];
  };
}

/** Resolves with the first visit that goes well; the test's own limit ends the waiting. */
async function served(server: Server): Promise<void> {
  while ((await visit(server)) !== '200') await new Promise((resolve) => setTimeout(resolve, 100));
}
