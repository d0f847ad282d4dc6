import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { siteGroup } from '../../src/targets/machine/place.ts';
import { Box, requireRoot, runCommand, type Page, type Ran } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** A site that wants NGINX to serve what is its neighbour's, or the machine's. */
describe('what NGINX serves for a site', { sequential: true }, () => {
  let box: Box;
  let honest: TinyProject;
  let greedy: TinyProject;
  let victim: string;
  let thief: string;
  const media = (site: string): string => join(box.folder, 'base/sites', site, 'data/media');

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    [honest, greedy] = [await TinyProject.make('honest'), await TinyProject.make('greedy')];
    for (const { folder } of [honest, greedy])
      await appendFile(join(folder, 'tiny/settings.py'), 'MEDIA_URL = "media/"\n');
    [victim, thief] = [box.name('victim'), box.name('thief')];
    for (const ran of [
      await box.up(honest.folder, victim, '--yes'),
      await box.up(greedy.folder, thief, '--yes'),
      await inside(victim, upload('diary.txt', 'dear diary')),
      await inside(thief, upload('own.txt', 'mine')),
    ])
      if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    for (const { folder } of [honest, greedy]) await rm(folder, { recursive: true, force: true });
  });

  test('uploads and static files reach visitors', async () => {
    expect(await asked(victim, '/media/diary.txt')).toMatchObject({ status: 200, body: 'dear diary' });
    expect(await asked(thief, '/media/own.txt')).toMatchObject({ status: 200, body: 'mine' });
    expect((await asked(thief, '/static/notes/site.css')).status).toBe(200);
  });

  test('a site from before there was a group for what NGINX may read is served all the while it gets one', async () => {
    const folder = media(victim);
    const group = siteGroup(`roadie-${victim}`);
    // As it was: uploads for www-data, static files for everybody, and NGINX's workers in no group.
    for (const command of [
      ['chgrp', '-R', 'www-data', folder],
      ['chmod', '-R', 'o+rX', join(box.folder, 'base/sites', victim, 'current/static/')],
      ['gpasswd', '--delete', 'www-data', group],
      ['chmod', '2750', folder],
    ] as const)
      await must(runCommand(command));
    await must(runCommand(['kill', '-HUP', (await readFile(join(box.folder, 'run/edge/nginx.pid'), 'utf8')).trim()]));
    await honest.say('honest again');
    const asking = new AbortController();
    const answers = everySoOften(() => asked(victim, '/media/diary.txt'), asking.signal);
    const ran = await box.up(honest.folder, victim, '--yes');
    asking.abort();
    expect(ran).toMatchObject({ code: 0 });
    const bad = (await answers).filter(({ status }) => status !== 200);
    expect((await answers).length).toBeGreaterThan(5);
    expect(bad.map(({ status }) => status)).toEqual([]);
    expect((await runCommand(['stat', '--format=%G %a', folder])).stdout.trim()).toBe(`${group} 2750`);
    expect((await runCommand(['getent', 'group', group])).stdout.trim()).toMatch(/:www-data$/);
    expect((await asked(victim, '/static/notes/site.css')).status).toBe(200);
    expect((await box.roadie(['plan', victim])).all).toContain('Nothing to change');
  });

  test('and gets its new workers again where they lack the group', async () => {
    const group = siteGroup(`roadie-${victim}`);
    await must(runCommand(['gpasswd', '--delete', 'www-data', group]));
    expect((await box.roadie(['plan', victim])).all).toContain('www-data should be in it');
    await must(box.up(honest.folder, victim, '--yes'));
    expect((await box.roadie(['plan', victim])).all).toContain('Nothing to change');
    expect((await asked(victim, '/media/diary.txt')).status).toBe(200);
  });

  test.each(['MEDIA_ROOT', 'STATIC_ROOT'])(
    "a release that points %s at its neighbour's is refused",
    async (setting) => {
      await ready(
        `settings.${setting} = ${JSON.stringify(setting === 'MEDIA_ROOT' ? media(victim) : join(box.folder, 'base/sites', victim, 'current/static'))}`,
      );
      const refused = await box.up(greedy.folder, thief, '--yes');
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.all).toContain('served-outside');
      expect(refused.all).toContain(setting);
      expect((await asked(thief, '/media/diary.txt')).status).toBe(404);
      expect((await asked(thief, '/media/own.txt')).status).toBe(200);
    },
  );

  test('a link below its own uploads that leads out is refused where MEDIA_ROOT names it', async () => {
    await must(
      inside(
        thief,
        `import os; os.symlink(${JSON.stringify(media(victim))}, ${JSON.stringify(join(media(thief), 'album'))})`,
      ),
    );
    await ready(`settings.MEDIA_ROOT = ${JSON.stringify(join(media(thief), 'album'))}`);
    const refused = await box.up(greedy.folder, thief, '--yes');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.all).toContain('served-outside');
    await must(inside(thief, `import os; os.unlink(${JSON.stringify(join(media(thief), 'album'))})`));
  });

  test('links among the uploads are not followed', async () => {
    await must(
      inside(
        thief,
        `import os; os.symlink("/etc", ${JSON.stringify(join(media(thief), 'etc'))}); os.symlink("/etc/debian_version", ${JSON.stringify(join(media(thief), 'version.txt'))}); os.symlink(${JSON.stringify(media(victim))}, ${JSON.stringify(join(media(thief), 'theirs'))})`,
      ),
    );
    for (const path of ['/media/etc/debian_version', '/media/version.txt', '/media/theirs/diary.txt'])
      expect([path, (await asked(thief, path)).status]).toEqual([
        path,
        expect.toSatisfy((status: number) => status === 403 || status === 404),
      ]);
  });

  test('nor is a folder of uploads that is swapped for a link after the release', async () => {
    const album = join(media(thief), 'album');
    await must(inside(thief, `import os; os.mkdir(${JSON.stringify(album)})`));
    await ready(`settings.MEDIA_ROOT = ${JSON.stringify(album)}`);
    await must(box.up(greedy.folder, thief, '--yes'));
    await must(inside(thief, upload('picture.txt', 'a picture')));
    expect(await asked(thief, '/media/picture.txt')).toMatchObject({ status: 200, body: 'a picture' });
    await must(
      inside(
        thief,
        `import os; os.rename(${JSON.stringify(album)}, ${JSON.stringify(`${album}.away`)}); os.symlink("/etc", ${JSON.stringify(album)})`,
      ),
    );
    const answer = await asked(thief, '/media/debian_version');
    expect([403, 404]).toContain(answer.status);
  });

  test("the folder of uploads itself cannot be swapped: what it lies in is root's", async () => {
    const ran = await inside(
      thief,
      `import os; os.rename(${JSON.stringify(media(thief))}, ${JSON.stringify(`${media(thief)}.away`)})`,
    );
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain('PermissionError');
  });

  /** The thief's application does that when it has loaded, after Roadie's overlay. */
  async function ready(line: string): Promise<void> {
    await greedy.write({
      'notes/apps.py': `from django.apps import AppConfig\n\n\nclass NotesConfig(AppConfig):\n    name = "notes"\n\n    def ready(self):\n        from django.conf import settings\n        ${line}\n`,
    });
  }

  const inside = (site: string, program: string): Promise<Ran> =>
    box.roadie(['run', site, '--', 'shell', '-c', program]);
  const asked = (site: string, path: string): Promise<Page> => box.get(`${site}.localhost`, path);
});

function upload(name: string, content: string): string {
  return `from django.core.files.base import ContentFile; from django.core.files.storage import default_storage as s; s.save(${JSON.stringify(name)}, ContentFile(${JSON.stringify(content)}.encode()))`;
}

async function must(running: Promise<Ran>): Promise<void> {
  const ran = await running;
  if (ran.code !== 0) throw new Error(ran.all);
}

/** Asks one request after the other until the signal aborts. */
async function everySoOften(ask: () => Promise<Page>, until: AbortSignal): Promise<readonly Page[]> {
  const pages: Page[] = [];
  while (!until.aborted) {
    pages.push(await ask());
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return pages;
}
