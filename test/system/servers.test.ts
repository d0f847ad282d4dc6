import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, requireRoot } from '../rig/box.ts';
import { type Latencies, steadyLoad } from '../rig/steady-load.ts';
import { beginPage, makeServedProject, servers, serveWith, webProcess } from '../rig/served-project.ts';
import type { TinyProject } from '../rig/tiny-project.ts';
import { type OpenWebSocket, openWebSocket } from '../rig/web-socket.ts';

/** One site that goes from server to server; each test goes on where the one before ended. */
describe('application servers', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  const front = async (): Promise<unknown> => {
    const page = await box.get(domain, '/', { headers: { 'x-real-ip': '192.0.2.1', 'x-forwarded-for': '192.0.2.1' } });
    return page.status === 200 ? JSON.parse(page.body) : page.status;
  };
  /** Deploys while pages are asked for, some of which take a second. */
  const deployUnderLoad = async (): Promise<readonly Latencies[]> => {
    const over = new AbortController();
    const target = { port: box.ports.https, domain };
    const loads = [
      steadyLoad({ ...target, path: '/' }, { rate: 10, until: over.signal }),
      steadyLoad({ ...target, path: '/slow/' }, { rate: 1, until: over.signal }),
    ];
    const ran = await box.roadie(['deploy', site]).finally(() => over.abort());
    expect(ran.code, ran.all).toBe(0);
    return Promise.all(loads);
  };

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('serve');
    domain = `${site}.localhost`;
    project = await makeServedProject();
    await serveWith(project, { web: 'worker_class = "gthread"' });
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  let open: OpenWebSocket | undefined;
  let expected: number | undefined;

  test.each(servers.map((server) => [server.procfile ?? server.web, server] as const))(
    '%s takes over without a failed request, and is back after a kill',
    async (_name, server) => {
      const { says, closes, diesWhole } = server;
      await serveWith(project, server);
      const loads = await deployUnderLoad();
      expect(loads.flatMap(({ failures }) => failures)).toEqual([]);
      expect(loads[1]?.sorted.length).toBeGreaterThan(0);
      expect(await front()).toEqual({
        says,
        address: '127.0.0.1',
        secure: true,
        application: closes ? 'asgi' : 'wsgi',
      });
      expect(await open?.closed).toBe(expected);

      const begun = await beginPage(box, domain);
      process.kill(await webProcess(box), 'SIGKILL');
      expect(await front()).toMatchObject({ says });
      expect((await begun.whole) === 'begun, ended').toBe(!diesWhole);
      expected = closes;
      const address = { domain, port: box.ports.https, path: '/echo/' };
      open = closes === undefined ? undefined : await openWebSocket(address);
      expect(await open?.ask('hello')).toBe(open && 'hello');
    },
  );
});
