import { readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { edgePaths } from '../../src/components/nginx/index.ts';
import { allProcesses, processTree, signalProcess } from '../../src/machine/processes/processes.ts';
import { run } from '../../src/machine/processes/run.ts';
import { EdgeHost, installNginx, servedFolder } from '../rig/edge-host.ts';

beforeAll(installNginx);

const patient = { timeout: 30_000, interval: 20 };

/** Asks until it holds; the test's own time-out ends it. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('NGINX as a service', () => {
  let host: EdgeHost;

  beforeAll(async () => {
    host = await EdgeHost.make({ sites: ['boards'] });
    await host.start();
  });
  afterAll(() => host.close());

  it('shows a friendly page while the application does not answer, and the application once it does', async () => {
    await host.stopUpstream('boards');
    const answer = await host.ask({ path: '/' });
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '10', 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' },
    });
    expect(answer.body.toString()).toContain('Back in a moment');
    expect((await host.ask({ path: '/.roadie/unavailable.html' })).status).toBe(404);
    await host.addSite('boards');
    expect((await host.ask({ path: '/' })).status).toBe(200);
  });

  it('listens on inherited sockets with one for each address', async () => {
    const settings = await run(['ss', '-ltnH', `( sport = :${host.ports.http} or sport = :${host.ports.https} )`]);
    expect(settings.stdout.trim().split('\n')).toHaveLength(4);
    expect(await host.log()).toContain('using inherited sockets from "3;4;5;6;"');
  });

  it('serves a site that was added on the same ports after a reload, without a new process', async () => {
    const { pid } = host;
    await host.addSite('second');
    expect(await host.prepare()).toMatchObject({ code: 0 });
    host.signal('SIGHUP');
    await until(async () => (await host.ask({ host: 'second.localhost' }).catch(() => undefined))?.status === 200);
    expect(host.pid).toBe(pid);
  });

  it('keeps serving what it has when a reload meets a broken file', async () => {
    const file = join(host.place.folder, 'sites/second.conf');
    const good = await readFile(file, 'utf8');
    await writeFile(file, 'server {');
    host.signal('SIGHUP');
    await until(async () => ((await host.log()) ?? '').includes('unexpected end of file'));
    expect((await host.ask({ host: 'second.localhost' })).status).toBe(200);
    await writeFile(file, good);
  });

  it('loses no connection when its master is killed: the next one takes what waits', async () => {
    const master = await host.killMaster();
    // The workers go on without a master; the supervisor ends them with the group.
    const orphans = processTree(master);
    expect(orphans.length).toBeGreaterThan(0);
    for (const pid of orphans) signalProcess(pid, 'SIGKILL');
    await until(() => processTree(master, allProcesses()).length === 0);
    const waiting = host.ask({ path: '/' });
    await host.start();
    expect((await waiting).status).toBe(200);
  });

  it('starts without a site whose certificate is missing, and says so', async () => {
    await host.killMaster();
    for (const pid of processTree(host.pid)) signalProcess(pid, 'SIGKILL');
    await rm(join(host.place.folder, 'certificates/second/fullchain.pem'));
    await host.start();
    expect((await host.ask({ path: '/' })).status).toBe(200);
    await expect(host.ask({ host: 'second.localhost' })).rejects.toThrow(/unrecognized name|alert/);
    expect(await host.log()).toContain(`NGINX refuses ${join(host.place.folder, 'sites/second.conf')}`);
  });

  it('takes the site in again once its certificate is back', async () => {
    expect(await host.prepare()).toMatchObject({ code: 3 });
    await host.addSite('second');
    expect(await host.prepare()).toMatchObject({ code: 0 });
    host.signal('SIGHUP');
    await until(async () => (await host.ask({ host: 'second.localhost' }).catch(() => undefined))?.status === 200);
  });

  it('refuses to prepare where its own file is broken, and leaves the list of sites alone', async () => {
    const paths = edgePaths(host.place);
    const before = await readFile(paths.enabled, 'utf8');
    await writeFile(paths.main, 'nonsense;');
    expect(await host.prepare()).toMatchObject({ code: 1 });
    expect(await readFile(paths.enabled, 'utf8')).toBe(before);
    await host.writeMain();
  });

  it("serves the new release's files once `current` is another one, without a reload", async () => {
    const current = join(host.base, 'boards/current');
    await host.put('boards', 'releases/1/static/app.css', 'one');
    await host.put('boards', 'releases/2/static/app.css', 'two');
    await symlink('releases/1', current);
    await host.addSite('boards', { static: servedFolder('/static/', join(current, 'static')) });
    host.signal('SIGHUP');
    const served = async () => (await host.ask({ path: '/static/app.css' })).body.toString();
    await expect.poll(served, patient).toBe('one');
    await symlink('releases/2', `${current}.next`);
    await rename(`${current}.next`, current);
    await expect.poll(served, patient).toBe('two');
  });

  it('finishes the request under way when it is stopped', async () => {
    const held = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    host.upstreams.get('boards')?.prependOnceListener('request', (_request, response) => {
      const end = response.end.bind(response);
      response.end = ((...all: Parameters<typeof end>) => {
        arrived.resolve();
        void held.promise.then(() => end(...all));
        return response;
      }) as typeof response.end;
    });
    const answer = host.ask({ path: '/slow' });
    await arrived.promise;
    host.signal('SIGQUIT');
    held.resolve();
    expect((await answer).status).toBe(200);
    await host.exited();
  });
});

describe('NGINX without root', () => {
  let host: EdgeHost;

  beforeAll(async () => {
    host = await EdgeHost.make({
      sites: ['boards'],
      runAs: { uid: 65534, gid: 65534, name: 'nobody' },
      limits: { requestsPerSecond: 1, connections: 100 },
    });
    await host.start();
  });
  afterAll(() => host.close());

  it('serves as the user who started it, with uploads larger than its memory buffer', async () => {
    expect(await host.seen({ method: 'POST', path: '/upload', body: Buffer.alloc(900_000) })).toMatchObject({
      bytes: 900_000,
    });
    expect(await host.log()).not.toMatch(/\[(?:emerg|alert|crit|error)\]/);
  });

  it('slows down a client that asks for too much of Django, and not for too many files', async () => {
    const many = Array.from({ length: 20 });
    const answers = await Promise.all(many.map(() => host.ask({ path: '/' })));
    expect(answers.map(({ status }) => status)).toContain(429);
    const files = await Promise.all(many.map(() => host.ask({ path: '/static/gone.css' })));
    expect(new Set(files.map(({ status }) => status))).toStrictEqual(new Set([404]));
  });
});
