import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, lchown, lstat, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { run } from '../../src/machine/processes/run.ts';
import { lookupUser, removeSystemUser } from '../../src/machine/users/users.ts';
import type { Observed, Resource } from '../../src/targets/machine/resource.ts';
import { isEmpty } from '../../src/plan/diff.ts';
import { ProblemError } from '../../src/problems/problem.ts';
import { planFor } from '../../src/targets/machine/apply.ts';
import { applyKind, observeAll } from '../../src/targets/machine/observe.ts';
import { pinnedNode } from '../rig/pinned-node.ts';
import { applyPlan, emptyWanted, makeFolder, testHost, type TestHost } from './machine-target-host.ts';
import {
  because,
  commandResource,
  fileResource,
  folderResource,
  isRoot,
  service,
  serviceResource,
  wantedOf,
} from './machine-target-resources.ts';

const userName = `roadie-test-${process.pid}`;
const groupName = `roadie-test-${process.pid}_www`;
let folder: string;
let host: TestHost;

beforeEach(async () => {
  folder = await makeFolder();
  host = testHost(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, ...names);
async function stateOf(resource: Resource): Promise<Observed> {
  const [answer] = await observeAll([resource], host);
  if (!answer) throw new Error(`no answer for ${resource.id}`);
  return answer;
}

const apply = (resource: Resource): Promise<void> => applyKind(resource.kind, [resource], host, wantedOf([resource]));

/** Each kind of resource, and the ways in which one can come to differ. */
const cases: readonly {
  readonly name: string;
  readonly needsRoot?: boolean;
  readonly make: () => Resource;
  readonly harm: Readonly<Record<string, { readonly does: () => Promise<unknown>; readonly says: RegExp }>>;
}[] = [
  {
    name: 'folder',
    make: () => folderResource(at('data'), 0o2750),
    harm: {
      'another mode': { does: () => chmod(at('data'), 0o777), says: /mode 0777 should be 2750/ },
      ...(isRoot && { 'another owner': { does: () => chown(at('data'), 1, 1), says: /owner 1:1 should be 33:33/ } }),
      'its removal': { does: () => rm(at('data'), { recursive: true }), says: /^absent/ },
    },
  },
  {
    name: 'file',
    make: () => fileResource(at('redis.conf'), 'port 0\nsave ""\n'),
    harm: {
      'a hand edit': {
        does: () => writeFile(at('redis.conf'), 'port 6379\nsave ""\n'),
        says: /line 1: 'port 6379' should be 'port 0'/,
      },
      'another mode': { does: () => chmod(at('redis.conf'), 0o666), says: /mode 0666 should be 0640/ },
      'a link in its place': {
        does: async () => (await rm(at('redis.conf')), symlink('/etc/passwd', at('redis.conf'))),
        says: /a link is in its place/,
      },
      'its removal': { does: () => rm(at('redis.conf')), says: /^absent/ },
    },
  },
  {
    name: 'NGINX file',
    make: () => fileResource(at('edge', 'sites', 'boards.conf'), 'server {\n  listen 80;\n}\n', { edge: true }),
    harm: {
      'a hand edit': {
        does: () => writeFile(at('edge', 'sites', 'boards.conf'), 'server {\n  listen 81;\n}\n'),
        says: /line 2: 'listen 81;' should be 'listen 80;'/,
      },
    },
  },
  {
    name: 'certificate',
    make: () => ({
      kind: 'certificate',
      id: 'certificate:boards',
      because,
      wanted: { site: 'boards', domains: ['boards.localhost'] },
    }),
    harm: {
      'another domain': {
        does: () => writeFile(at('state', 'certificate-boards'), '["old.localhost"]'),
        says: /old\.localhost/,
      },
    },
  },
  {
    name: 'command',
    make: () => commandResource(at('mark')),
    harm: { 'its undoing': { does: () => rm(at('mark')), says: /^absent/ } },
  },
  {
    name: 'service',
    make: () => serviceResource(service('web', { environment: { TOKEN: 'hunter2' } })),
    harm: {
      'another spec': {
        does: () =>
          host.groups.reconcile({
            group: 'boards',
            folders: [],
            services: [service('web', { environment: { TOKEN: 'other' } })],
          }),
        says: /^different environment \(TOKEN\)$/,
      },
    },
  },
  {
    name: 'release',
    make: () => ({ kind: 'release', id: 'release:boards', because, wanted: { site: 'boards', fingerprint: 'two' } }),
    harm: {
      'other code': {
        does: () =>
          writeFile(at('state', 'release'), JSON.stringify({ fingerprint: 'one', folder, python: process.execPath })),
        says: /has changed/,
      },
    },
  },
  {
    name: 'user',
    needsRoot: true,
    make: () => ({
      kind: 'user',
      id: `user:${userName}`,
      because,
      wanted: { name: userName, home: '/var/lib/roadie-test' },
    }),
    harm: { 'its removal': { does: () => removeSystemUser(userName), says: /^absent/ } },
  },
  {
    name: 'group',
    needsRoot: true,
    make: () => ({
      kind: 'group',
      id: `group:${groupName}`,
      because,
      wanted: { name: groupName, members: ['games'] },
    }),
    harm: {
      'a member that was taken out': {
        does: () => run(['/usr/bin/gpasswd', '--delete', 'games', groupName]),
        says: /^different games should be in it$/,
      },
      'its removal': { does: () => removeGroup(), says: /^absent/ },
    },
  },
];

const removeGroup = (): Promise<unknown> => run(['/usr/sbin/groupdel', groupName]);

describe.each(cases)('a $name', ({ make, harm, needsRoot }) => {
  if (needsRoot === true) {
    const clean = async (): Promise<void> => {
      if (!isRoot) return;
      await removeSystemUser(userName);
      await removeGroup();
    };
    beforeAll(clean);
    afterAll(clean);
  }

  // Only root can make users.
  it.skipIf(needsRoot === true && !isRoot)('is absent, and the same once it was applied, however often', async () => {
    const resource = make();
    expect(await stateOf(resource)).toEqual({ id: resource.id, state: 'absent' });
    for (let time = 0; time < 2; time += 1) {
      await apply(resource);
      expect(await stateOf(resource)).toEqual({ id: resource.id, state: 'same' });
    }
  });

  it.skipIf(needsRoot === true && !isRoot).each(Object.entries(harm))(
    'shows %s, and is fixed',
    async (_name, { does, says }) => {
      const resource = make();
      await apply(resource);
      await does();
      const found = await stateOf(resource);
      expect(`${found.state} ${'how' in found ? found.how : ''}`).toMatch(says);
      await apply(resource);
      expect(await stateOf(resource)).toEqual({ id: resource.id, state: 'same' });
    },
  );
});

describe('files', () => {
  it('never show what is secret', async () => {
    const resource = fileResource(at('env'), 'SECRET_KEY=hunter2\n', { secret: true });
    await apply(resource);
    await writeFile(at('env'), 'SECRET_KEY=hunter3\n');
    expect(JSON.stringify(await stateOf(resource))).not.toContain('hunter');
  });

  it('replace a link and leave alone what it pointed to', async () => {
    await writeFile(at('other'), 'precious');
    await symlink(at('other'), at('redis.conf'));
    await apply(fileResource(at('redis.conf'), 'port 0\n'));
    expect(await readFile(at('other'), 'utf8')).toBe('precious');
    expect((await lstat(at('redis.conf'))).isFile()).toBe(true);
  });

  it('do not delete a folder that is in their place', async () => {
    await mkdir(at('redis.conf'));
    await expect(apply(fileResource(at('redis.conf'), 'port 0\n'))).rejects.toThrow(/a folder is in its place/);
  });

  it('do not follow a link that stands where a folder should be', async () => {
    await mkdir(at('elsewhere'), { mode: 0o700 });
    await symlink(at('elsewhere'), at('data'));
    await expect(apply(folderResource(at('data')))).rejects.toThrow(/a link is in its place/);
    expect((await lstat(at('elsewhere'))).mode & 0o777).toBe(0o700);
  });
});

describe.runIf(isRoot)('a data folder that was a package’s user’s', () => {
  const own = { uid: 33, gid: 33 };
  const wanted = (): Resource => ({
    kind: 'folder',
    id: 'folder:data',
    because,
    wanted: { path: at('data'), mode: 0o700, ownership: own, formerOwner: 'games' },
  });

  beforeEach(async () => {
    const games = await lookupUser('games');
    if (!games) throw new Error('Debian has a user games');
    await mkdir(at('data', 'cluster'), { recursive: true });
    await writeFile(at('data', 'cluster', 'rows'), 'precious', { mode: 0o644 });
    await symlink('/etc/passwd', at('data', 'link'));
    await chown(at('data', 'cluster', 'rows'), games.uid, games.gid);
    await chown(at('data', 'cluster'), games.uid, games.gid);
    await lchown(at('data', 'link'), games.uid, games.gid);
    await chown(at('data'), games.uid, games.gid);
  });

  it('becomes the site’s own with all in it, its service stopped, though a job was killed in the middle', async () => {
    await writeFile(
      at('state', 'group-boards'),
      JSON.stringify({
        group: 'boards',
        folders: [],
        services: [service('db', { directory: at('data') }), service('web')],
      }),
    );
    expect(await stateOf(wanted())).toMatchObject({ state: 'different' });
    // It is root's until all is done.
    await chown(at('data'), 0, 0);
    expect(await stateOf(wanted())).toMatchObject({ state: 'different' });
    await apply(wanted());
    expect(await stateOf(wanted())).toMatchObject({ state: 'same' });
    for (const name of ['data', 'data/cluster', 'data/cluster/rows', 'data/link'])
      expect([name, (await lstat(at(name))).uid]).toEqual([name, 33]);
    expect((await lstat(at('data/cluster/rows'))).mode & 0o777).toBe(0o600);
    expect((await lstat('/etc/passwd')).uid).toBe(0);
    expect(await readFile(at('data/cluster/rows'), 'utf8')).toBe('precious');
    expect(await host.said()).toEqual(['reconcile boards: web']);
  });

  it('stays as it is while something works in it', async () => {
    const server = spawn('/bin/sleep', ['60'], { cwd: at('data', 'cluster'), stdio: 'ignore' });
    await once(server, 'spawn');
    await expect(apply(wanted())).rejects.toThrow(`while process ${server.pid} works in it`);
    expect((await lstat(at('data'))).uid).not.toBe(33);
    server.kill('SIGKILL');
    await once(server, 'exit');
  });
});

describe("NGINX's files", () => {
  const path = (): string => at('edge', 'sites', 'boards.conf');
  const good = (): Resource => fileResource(path(), 'good\n', { edge: true });
  const broken = (): Resource => fileResource(path(), 'broken\n', { edge: true });

  it('come back as they were where NGINX refuses the new ones, with its words', async () => {
    await apply(good());
    const error = await apply(broken()).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).problems[0]).toMatchObject({
      code: 'edge-refused',
      detail: expect.stringContaining('unknown directive "broken"'),
      where: { file: path() },
    });
    expect(await readFile(path(), 'utf8')).toBe('good\n');
    expect(await stateOf(good())).toMatchObject({ state: 'same' });
    expect(await host.said()).toEqual(['reload']);
  });

  it('are gone again where NGINX refuses the first ones', async () => {
    await expect(apply(broken())).rejects.toThrow('NGINX refuses');
    expect(await stateOf(broken())).toMatchObject({ state: 'absent' });
  });

  it("are applied though another site's is refused, with a warning", async () => {
    await writeFile(at('edge', 'sites', 'other.conf'), 'broken\n');
    await apply(good());
    expect(await stateOf(good())).toMatchObject({ state: 'same' });
    expect(host.events).toMatchObject([
      { type: 'note', level: 'warning', text: expect.stringContaining('other.conf') },
    ]);
  });

  it('are refused as a whole where the main file is', async () => {
    await writeFile(at('edge', 'main.conf'), 'good');
    const main = fileResource(at('edge', 'main.conf'), 'broken', { edge: true });
    await expect(applyKind('file', [good(), main], host, emptyWanted)).rejects.toThrow('NGINX refuses');
    expect(await readFile(at('edge', 'main.conf'), 'utf8')).toBe('good');
    expect(await stateOf(good())).toMatchObject({ state: 'absent' });
  });

  it('are seen as unfinished after a kill before the check, and finished by the next apply', async () => {
    await apply(good());
    const half = fileResource(path(), 'half\n', { edge: true });
    await killedIn(`
      const host = testHost(${JSON.stringify(folder)}, { prepareEdge: ['/bin/sh', '-c', 'kill -9 $PPID'] });
      await applyKind('file', [${JSON.stringify(half)}], host, emptyWanted);
    `);
    expect(await readFile(path(), 'utf8')).toBe('half\n');
    expect(await stateOf(half)).toMatchObject({ state: 'different', how: expect.stringContaining('interrupted') });
    await apply(half);
    expect(await stateOf(half)).toMatchObject({ state: 'same' });
    expect(await host.said()).toEqual(['reload', 'reload']);
  });

  it('are read by NGINX though the process was killed between check and reload', async () => {
    const killed = testHost(folder, { reloadEdge: () => Promise.reject(new Error('killed')) });
    await expect(applyKind('file', [good()], killed, emptyWanted)).rejects.toThrow('killed');
    expect(await stateOf(good())).toMatchObject({ state: 'different' });
    await apply(good());
    expect(await host.said()).toEqual(['reload']);
    expect(await stateOf(good())).toMatchObject({ state: 'same' });
  });

  it("are not read before NGINX's own service has its new sockets", async () => {
    const edge = service('nginx', { group: 'edge', sockets: [{ kind: 'tcp', host: '127.0.0.1', port: 8080 }] });
    host.next = wantedOf([good(), serviceResource(edge)]);
    await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
    expect(await host.said()).toEqual(['reconcile edge: nginx', 'reload']);
    expect(isEmpty(await planFor(host, host.next))).toBe(true);
  });
});

describe('commands', () => {
  it('tell what the command said where it fails', async () => {
    const failing = commandResource(at('mark'), ['/bin/sh', '-c', 'echo no room >&2; exit 7']);
    await expect(apply(failing)).rejects.toMatchObject({
      problems: [{ code: 'command-failed', summary: 'the mark: /bin/sh ended with 7', detail: 'no room' }],
    });
  });

  it('fail where the command ends well and has not done its work', async () => {
    await expect(apply(commandResource(at('mark'), ['/bin/true']))).rejects.toThrow('its work is not done');
  });

  it('go on after a kill in the middle of the command', async () => {
    await killedIn(`
      const host = testHost(${JSON.stringify(folder)});
      const resource = ${JSON.stringify(commandResource(at('mark'), ['/bin/sh', '-c', 'kill -9 $PPID']))};
      await applyKind('command', [resource], host, emptyWanted);
    `);
    expect(await stateOf(commandResource(at('mark')))).toMatchObject({ state: 'absent' });
    await apply(commandResource(at('mark')));
    expect(await stateOf(commandResource(at('mark')))).toMatchObject({ state: 'same' });
  });
});

describe('users', () => {
  it.skipIf(!isRoot)('have a group of their own, no shell and the home that was asked for', async () => {
    await apply({
      kind: 'user',
      id: `user:${userName}`,
      because,
      wanted: { name: userName, home: '/var/lib/roadie-test' },
    });
    try {
      expect(await lookupUser(userName)).toMatchObject({ home: '/var/lib/roadie-test', shell: '/usr/sbin/nologin' });
    } finally {
      await removeSystemUser(userName);
    }
  });

  it.skipIf(!isRoot)('that are somebody else’s are refused, and left as they were', async () => {
    const make = (home: string): Resource => ({
      kind: 'user',
      id: `user:${userName}`,
      because,
      wanted: { name: userName, home },
    });
    await apply(make('/srv/first/sites/boards'));
    try {
      expect(await stateOf(make('/srv/second/sites/boards'))).toMatchObject({
        state: 'different',
        how: "it is somebody else's: its home is /srv/first/sites/boards",
      });
      await expect(apply(make('/srv/second/sites/boards'))).rejects.toMatchObject({
        problems: [{ code: 'user-taken' }],
      });
      expect(await lookupUser(userName)).toMatchObject({ home: '/srv/first/sites/boards' });
    } finally {
      await removeSystemUser(userName);
    }
  });
});

/** Runs code in a process of its own that is expected to be killed. */
async function killedIn(code: string): Promise<void> {
  const root = new URL('../../', import.meta.url).href;
  const script = `
    const { testHost, emptyWanted } = await import('${root}test/contracts/machine-target-host.ts');
    const { applyKind } = await import('${root}src/targets/machine/observe.ts');
    ${code}`;
  const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
}
