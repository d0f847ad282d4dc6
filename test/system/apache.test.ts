import { appendFile, chmod, chown, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { nginxComponent } from '../../src/components/nginx/index.ts';
import { allProcesses } from '../../src/machine/processes/processes.ts';
import { commandLineOf } from '../../src/machine/users/groups.ts';
import { type EdgeHosts, edgeCss, edgeViews, everyEdge } from '../contracts/edge.ts';
import { Box, must, requireRoot } from '../rig/box.ts';
import { asgiProject, writeProject } from '../rig/projects.ts';
import { TinyProject } from '../rig/tiny-project.ts';
import { openWebSocket } from '../rig/web-socket.ts';

/** One host whose edge is Apache from its first site on, then NGINX, then Apache again; each test goes on where the one before ended. */
describe('Apache and NGINX as the edge of one host', { sequential: true }, () => {
  let box: Box;
  let hosts: EdgeHosts;
  let said: string;

  const config = (server?: string): Promise<void> =>
    hosts.project.write({
      'roadie.toml': `upload_limit_mb = 1\n${server === undefined ? '' : `[edge]\nserver = "${server}"\n`}`,
    });
  const pid = async (): Promise<number> =>
    Number(await readFile(join(box.folder, 'run/edge/apache.pid'), 'utf8').catch(() => '0'));
  const served = async (site: string): Promise<unknown> => {
    const { status, headers } = await box.get(`${site}.localhost`, '/');
    return [status, headers['server']];
  };

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    const project = await TinyProject.make('first');
    hosts = { box, project, site: box.name('tiny'), live: box.name('live') };
    await config('apache');
    await appendFile(join(project.folder, 'tiny/settings.py'), 'MEDIA_URL = "media/"\n');
    await project.write({
      'tiny/views.py': edgeViews('first'),
      'notes/static/notes/site.css': edgeCss,
      'notes/static/notes/.secret': 'x',
    });
    said = must(await box.up(project.folder, hosts.site, '--yes'));
    const folder = join(box.folder, 'echo');
    await writeProject(folder, asgiProject);
    must(await box.up(folder, hosts.live, '--yes'));
    await upload('face.png', 'a picture');
    await upload('page.html', '<script>alert(1)</script>');
    await symlink('/etc/passwd', join(box.folder, 'base/sites', hosts.site, 'data/media/passwd.txt'));
  });

  /** Puts a file among the uploads, as the application would. */
  async function upload(name: string, content: string): Promise<void> {
    const folder = join(box.folder, 'base/sites', hosts.site, 'data/media');
    const { uid, gid } = await stat(folder);
    await writeFile(join(folder, name), content);
    await chown(join(folder, name), uid, gid);
    await chmod(join(folder, name), 0o640);
  }

  afterAll(async () => {
    await box.close();
    await rm(hosts.project.folder, { recursive: true, force: true });
  });

  test('what Apache does not do as well as the usual edge is said where it is chosen, and by check', async () => {
    expect(said).toContain('its ports are closed while it restarts');
    expect((await box.roadie(['check', hosts.site])).all).toContain('its ports are closed while it restarts');
  });

  everyEdge('Apache', 'Apache', () => hosts);

  test('Apache is back after its master was killed', async () => {
    const killed = await pid();
    process.kill(killed, 'SIGKILL');
    await expect
      .poll(() => served(hosts.site).catch(() => undefined), { timeout: 30_000, interval: 50 })
      .toEqual([200, 'Apache']);
    await expect.poll(pid).not.toBe(killed);
  });

  test('two sites cannot name different edges', async () => {
    await config('nginx');
    const conflict = await box.up(hosts.project.folder, box.name('more'), '--yes');
    expect(conflict.code).not.toBe(0);
    expect(conflict.all).toContain('names nginx');
  });

  test('Apache gives its place to NGINX, for all sites', async () => {
    expect(await served(hosts.live)).toEqual([200, 'Apache']);
    await config();
    expect(must(await box.up(hosts.project.folder, hosts.site, '--yes'))).toContain('NGINX takes the place of Apache');
    for (const site of [hosts.site, hosts.live]) expect(await served(site)).toEqual([200, 'nginx']);
  });

  everyEdge('NGINX', 'nginx', () => hosts);

  test('a reload of NGINX ends no connection, but those of the oldest workers where there are too many', async () => {
    const master = Number(await readFile(join(box.folder, 'run/edge/nginx.pid'), 'utf8'));
    const most = Math.max(16, 4 * availableParallelism());
    const sockets = [];
    for (let number = 0; number < most + 2; number += 1) {
      sockets.push(await openWebSocket({ domain: `${hosts.live}.localhost`, port: box.ports.https, path: '/echo/' }));
      const before = takers(master);
      process.kill(master, 'SIGHUP');
      // Each of them is left with a worker of before.
      await expect.poll(() => takers(master).filter((pid) => before.includes(pid)), { timeout: 20_000 }).toEqual([]);
    }
    const [oldest, ...younger] = sockets;
    await expect
      .poll(() => oldest?.ask('still there').catch(() => 'closed'), { timeout: 30_000, interval: 500 })
      .toBe('closed');
    for (const socket of younger.slice(1)) expect(await socket.ask('still there')).toBe('heard still there');
    for (const socket of sockets) socket.close();
  });

  test('and gets it back', async () => {
    await config('apache');
    expect(must(await box.up(hosts.project.folder, hosts.site, '--yes'))).toContain('Apache takes the place of NGINX');
    for (const site of [hosts.site, hosts.live]) expect(await served(site)).toEqual([200, 'Apache']);
    expect((await box.roadie(['plan', hosts.site])).all).toContain('Nothing to change');
  });
});

/** The process ids of the workers that take new connections. */
function takers(master: number): readonly number[] {
  return [...allProcesses()].flatMap(([pid, { parent }]) =>
    parent === master && commandLineOf(pid) === nginxComponent.edge?.workerTitle ? [pid] : [],
  );
}
