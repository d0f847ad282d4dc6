import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Releases } from '../../src/contract/releases.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

/** One site through good and bad releases; each test goes on where the one before ended. */
describe('releases', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  const front = async (): Promise<string> => (await box.get(domain, '/')).body;
  const releases = (): Promise<Releases> => box.releases(site);

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('first');
    site = box.name('tiny');
    domain = `${site}.localhost`;
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('deploy releases the folder as it is now', async () => {
    await project.say('second');
    await project.write({ 'notes/static/notes/site.css': 'body { color: #654321 }\n' });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    expect(await front()).toBe('second');
    expect((await releases()).releases).toHaveLength(2);
  });

  test("an open page still gets the earlier release's hashed files", async () => {
    // The MD5 of the content, as ManifestStaticFilesStorage names files.
    const { createHash } = await import('node:crypto');
    const name = (content: string): string => createHash('md5').update(content).digest('hex').slice(0, 12);
    for (const content of ['body { color: #123456 }\n', 'body { color: #654321 }\n']) {
      const page = await box.get(domain, `/static/notes/site.${name(content)}.css`);
      expect(page.body).toBe(content);
    }
  });

  test('the new release is watched, and the one before it is the way back', async () => {
    const { bake, live, releases: all } = await releases();
    expect(bake).toMatchObject({ release: live, previous: all[1]?.id });
  });

  test('rollback goes back without a build and holds the site', async () => {
    const ran = await box.roadie(['rollback', site]);
    expect(ran.code, ran.all).toBe(0);
    expect(await front()).toBe('first');
    expect((await releases()).held).toMatchObject({ because: 'somebody went back by hand' });
  });

  test('a second rollback has nothing to go back to, and says what there is', async () => {
    const ran = await box.roadie(['rollback', site]);
    expect(ran.code).toBe(2);
    expect(ran.all).toContain('has no release before');
  });

  test('deploy ends the hold', async () => {
    expect((await box.roadie(['deploy', site])).code).toBe(0);
    expect(await front()).toBe('second');
    expect((await releases()).held).toBeNull();
  });

  test('new variables do not bring new code with them', async () => {
    await project.say('not yet');
    expect((await box.roadie(['env', 'set', site, 'MOOD=calm'])).code).toBe(0);
    expect(await front()).toBe('second');
    await project.say('second');
  });

  test('a release that does not boot is refused: the old one serves, and the failure is remembered', async () => {
    await project.write({ 'tiny/views.py': 'raise RuntimeError("cannot be imported")\n' });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain('cannot be imported');
    expect(await front()).toBe('second');
    expect((await releases()).failed?.summary).toBeDefined();
  });

  test('a release that answers 500 is given up by itself after the switch', async () => {
    await project.say('third', { broken: true });
    expect((await box.roadie(['deploy', site])).code).toBe(0);
    // Visitors meet the errors; NGINX's log tells of them.
    await expect.poll(async () => (await box.get(domain, '/')).status, { timeout: 60_000, interval: 200 }).toBe(200);
    expect(await front()).toBe('second');
    await expect
      .poll(async () => (await releases()).held?.because, { timeout: 30_000 })
      .toMatch(/requests failed.*; most often by RuntimeError: broken at tiny\/views\.py:8$/);
  });

  test('a migration that the old code cannot live with is warned of, and is a border for rollback', async () => {
    await project.say('fourth');
    await project.write({
      'notes/models.py':
        'from django.db import models\n\n\nclass Note(models.Model):\n    text = models.CharField(max_length=200)\n',
    });
    await project.migrate('0002_calm_down', '0001_initial', 'migrations.RemoveField("Note", "mood")');
    const foreseen = 'notes.0002_calm_down: Remove field mood from Note (notes.Note.mood)';
    const planned = await box.roadie(['plan', site]);
    expect(planned.stdout).toContain(foreseen);
    expect((await box.roadie(['check', site])).stdout).toContain(foreseen);
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    expect(ran.all).toContain('notes.0002_calm_down');
    expect((await box.get(domain, '/rows/')).body).toBe('1');
    const back = await box.roadie(['rollback', site]);
    expect(back.code).toBe(1);
    expect(back.all).toContain('cannot live with the database');
    expect(await front()).toBe('fourth');
  });

  test('check tells of the migration that needed a thought', async () => {
    const { findings } = JSON.parse((await box.roadie(['check', site, '--json'])).stdout) as {
      findings: { id: string }[];
    };
    expect(findings.map((finding) => finding.id)).toContain('roadie.migration');
  });

  test('a failing migration keeps the old state', async () => {
    await project.migrate('0003_wrong', '0002_calm_down', 'migrations.RunSQL("ALTER TABLE nowhere ADD COLUMN x int")');
    await project.say('fifth');
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain('notes.0003_wrong');
    expect(await front()).toBe('fourth');
  });
});
