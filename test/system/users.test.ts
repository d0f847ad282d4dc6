import { chmod, lstat, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { processesOf } from '../../src/machine/processes/end-user.ts';
import { StateFile } from '../../src/machine/files/state-file.ts';
import { lookupUser, type User } from '../../src/machine/users/users.ts';
import { Box, requireRoot, runCommand } from '../rig/box.ts';
import { hostileProject, nextVersion } from '../rig/hostile-project.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

async function userOf(name: string): Promise<User> {
  const user = await lookupUser(name);
  if (!user) throw new Error(`no user ${name}`);
  return user;
}

async function modeOf(path: string): Promise<string> {
  const { uid, mode } = await stat(path);
  return `${uid} ${(mode & 0o7777).toString(8)}`;
}

describe('a build that attacks root', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let secret: string;
  let state: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    secret = join(box.folder, 'secret');
    state = join(box.folder, 'base/state');
    await mkdir(state, { recursive: true, mode: 0o700 });
    await chmod(state, 0o700);
    await writeFile(secret, 'private', { mode: 0o600 });
    project = await hostileProject(secret, state);
    site = box.name('evil');
  });
  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('changes nothing that is not its own, release after release, and is over when the release is', async () => {
    let attacked = 0;
    for (let round = 0; round < 5; round += 1) {
      await nextVersion(project, round);
      const ran = round === 0 ? await box.up(project.folder, site, '--yes') : await box.roadie(['deploy', site]);
      expect(ran.code, ran.all).toBe(0);
      expect([round, await modeOf(secret), await modeOf(state)]).toEqual([round, '0 600', '0 700']);
      expect((await readdir(state, { recursive: true })).filter((name) => /\.(?:br|gz|css|js)$/.test(name))).toEqual(
        [],
      );
      expect(processesOf((await userOf(box.user(site, 'build'))).uid)).toEqual([]);
      // What it exchanged is in the release, and root's.
      const folder = join(box.folder, 'base/sites', site, 'current/static');
      const left = await readdir(folder, { recursive: true });
      attacked += left.filter((name) => name.endsWith('~')).length;
      for (const name of left) expect([name, (await lstat(join(folder, name))).uid]).toEqual([name, 0]);
    }
    // On a busy machine a build may be over before it has attacked.
    expect(attacked).toBeGreaterThan(0);
  });

  test('makes what it installs where the live site cannot reach', async () => {
    const live = await userOf(box.user(site));
    const build = join(box.folder, 'base/sites', site, 'build');
    expect(await readdir(build)).toContain('uv');
    const tried = await runCommand([
      '/usr/bin/setpriv',
      `--reuid=${live.uid}`,
      `--regid=${live.gid}`,
      '--clear-groups',
      '/bin/ls',
      build,
    ]);
    expect(tried.stderr).toContain('Permission denied');
  });

  test('ends with the site', async () => {
    const names = [box.user(site), box.user(site, 'build')];
    const ids = await Promise.all(names.map(async (name) => (await userOf(name)).uid));
    const ran = await box.roadie(['down', site, '--delete-data', '--confirm', site]);
    expect(ran.code, ran.all).toBe(0);
    for (const name of names) expect([name, await lookupUser(name)]).toEqual([name, undefined]);
    const trash = join(box.folder, 'base/trash');
    for (const name of await readdir(trash, { recursive: true }))
      expect([name, ids.includes((await lstat(join(trash, name))).uid)]).toEqual([name, false]);
  });
});

describe('users of the system', { sequential: true }, () => {
  let box: Box;
  let second: Box;
  let project: TinyProject;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    second = await Box.open();
    project = await TinyProject.make('hello');
  });
  afterAll(async () => {
    await box.close();
    await second.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('of two Roadies with a site of the same name are not the same', async () => {
    const name = box.name('twin');
    const users: string[] = [];
    for (const each of [box, second]) {
      const ran = await each.up(project.folder, name, '--yes');
      expect(ran.code, ran.all).toBe(0);
      users.push(each.user(name), each.user(name, 'build'));
    }
    const ids = await Promise.all(users.map(async (user) => (await userOf(user)).uid));
    expect(new Set(ids).size).toBe(4);
    expect((await second.roadie(['down', name, '--delete-data', '--confirm', name])).code).toBe(0);
    expect((await box.get(`${name}.localhost`, '/')).status).toBe(200);
  });

  test('that are somebody else’s are not taken, and nothing is changed about them', async () => {
    const name = box.name('taken');
    await runCommand(['useradd', '--system', '--user-group', '--home-dir', '/srv/other', box.user(name)]);
    const ran = await box.up(project.folder, name, '--yes');
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain('its home is /srv/other');
    expect(ran.all).not.toContain('usermod');
    expect((await userOf(box.user(name))).home).toBe('/srv/other');
  });

  test('get the data of before, when the packages’ users ran the servers', async () => {
    const name = box.name('older');
    expect((await box.up(boards, name, '--yes')).code).toBe(0);
    const count = [
      'run',
      name,
      '--',
      'shell',
      '-c',
      'from boards.models import Board; print("boards:", Board.objects.count())',
    ];
    const before = await box.roadie(count);
    expect(before.all).toMatch(/boards: [1-9]/);
    const data = join(box.folder, 'base/sites', name, 'data');
    // As Roadie had it before: the packages' users run the servers, and all that they have is theirs.
    expect((await box.roadie(['daemon', 'stop', '--services'])).code).toBe(0);
    const state = new StateFile<{ readonly group: unknown }>(join(box.folder, 'base/state/sites', `${name}.json`));
    let text = JSON.stringify(await state.read());
    for (const [part, former] of [
      ['postgresql', await userOf('postgres')],
      ['redis', await userOf('redis')],
    ] as const) {
      const own = await userOf(box.user(name, part));
      text = text.replaceAll(`"uid":${own.uid},`, `"uid":${former.uid},`).replaceAll(own.name, former.name);
      await runCommand(['chown', '-R', `${former.uid}:${former.gid}`, join(data, part)]);
    }
    await state.write(JSON.parse(text) as { readonly group: unknown });
    await box.roadie(['daemon', 'start']);
    await expect
      .poll(async () => (await box.get(`${name}.localhost`, '/').catch(() => undefined))?.status, { timeout: 60_000 })
      .toBe(200);
    expect((await box.roadie(count)).all).toBe(before.all);
    const ran = await box.up(boards, name, '--yes');
    expect(ran.code, ran.all).toBe(0);
    expect((await box.roadie(count)).all).toBe(before.all);
    for (const part of ['postgresql', 'redis']) {
      const { uid } = await userOf(box.user(name, part));
      for (const found of ['.', ...(await readdir(join(data, part), { recursive: true }))])
        // The server makes and removes files meanwhile.
        expect([found, (await lstat(join(data, part, found)).catch(() => ({ uid }))).uid]).toEqual([found, uid]);
      expect(processesOf(uid).length).toBeGreaterThan(0);
    }
  });
});
