import { rm } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Releases } from '../../src/contract/releases.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { GitRepository } from '../rig/git-repository.ts';
import { sendRaw } from '../rig/raw.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const soon = { timeout: 90_000, interval: 200 };

/** What visitors can do to the watch over a new release, and what a new release does to itself. */
describe('the watch over a new release', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  const releases = (): Promise<Releases> => box.releases(site);
  const live = async (): Promise<string | null> => (await releases()).live;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('first');
    await project.write({ 'roadie.toml': '[health]\npath = "/health/"\n\n[bake]\nseconds = 15\n' });
    site = box.name('bake');
    domain = `${site}.localhost`;
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('is not moved by a visitor whose requests NGINX refuses by itself', async () => {
    for (let count = 0; count < 5; count += 1) await box.get(domain, '/');
    await project.say('second');
    expect((await box.roadie(['deploy', site])).code).toBe(0);
    const { live: second } = await releases();
    for (let count = 0; count < 12; count += 1) {
      const request = `POST / HTTP/1.1\r\nHost: ${domain}:${box.ports.https}\r\nTransfer-Encoding: xchunked\r\nConnection: close\r\n\r\n`;
      const to = { port: box.ports.https, servername: domain, patience: 20_000 };
      expect((await sendRaw(request, to)).status).toBe(501);
    }
    await expect.poll(async () => (await releases()).bake, soon).toBeNull();
    expect(await live()).toBe(second);
    expect((await releases()).held).toBeNull();
  });

  test('is not moved by a visitor who knows a bug that was there before', async () => {
    const views = (word: string): string =>
      `from django.http import HttpResponse\n\n\ndef front(request):\n    if "\\0" in request.GET.get("q", ""):\n        raise ValueError("a bug of long ago")\n    return HttpResponse("${word}")\n\n\ndef health(request):\n    return HttpResponse("ok")\n\n\nrows = front\n`;
    for (const word of ['third', 'fourth']) {
      await project.write({ 'tiny/views.py': views(word) });
      expect((await box.roadie(['deploy', site])).code).toBe(0);
      for (let count = 0; count < 5; count += 1) await box.get(domain, '/');
    }
    const { live: fourth } = await releases();
    for (let count = 0; count < 12; count += 1)
      for (const path of ['/?q=%00', '/rows/?q=%00']) expect((await box.get(domain, path)).status).toBe(500);
    await expect.poll(async () => (await releases()).bake, soon).toBeNull();
    expect(await live()).toBe(fourth);
    const told = await box.roadie(['events', '-n', '50']);
    expect(told.stdout).toContain('Roadie could not confirm it');
  });

  test('is told of by deploy and status, and waited for with --wait-bake', async () => {
    await project.say('fifth');
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    expect(ran.stdout).toMatch(/Watched +until \d\d:\d\d:\d\d/);
    expect((await box.roadie(['status', site])).stdout).toMatch(/new release watched until \d\d:\d\d:\d\d/);
    const waited = await box.roadie(['deploy', site, '--wait-bake', '--json']);
    expect(waited.code, waited.all).toBe(0);
    expect(JSON.parse(waited.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      outcome: 'done',
      result: { bake: { release: await live(), verdict: 'proven' } },
    });
  });

  test('gives a release up that fails, though nobody visits it, and says so until it is fixed', async () => {
    await project.say('sixth', { broken: true });
    const ran = await box.roadie(['deploy', site, '--wait-bake']);
    expect(ran.code, ran.all).toBe(5);
    expect(ran.all).toContain("Roadie's own requests failed since the switch: GET / with 500");
    expect((await box.get(domain, '/')).body).toBe('fifth');
    const { held, alarms } = await releases();
    expect(held).toMatchObject({ release: await live(), next: expect.any(String) as unknown });
    expect(alarms).toHaveLength(1);
    expect((await box.roadie(['status', site])).stdout).toContain(`rolled back to ${held?.release}`);
    expect((await box.roadie(['check', site])).stdout).toContain('was given up, and');
    expect((await box.roadie(['events', '-n', '50'])).stdout).toContain('alarm: Release');
    await project.say('seventh');
    expect((await box.roadie(['deploy', site, '--wait-bake'])).code).toBe(0);
    expect(await releases()).toMatchObject({ held: null, alarms: [] });
  });
});

describe('a site that follows a repository and was sent back', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let repository: GitRepository;
  let site: string;

  const front = async (): Promise<string> => (await box.get(`${site}.localhost`, '/')).body;
  const releases = (): Promise<Releases> => box.releases(site);

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('first');
    await project.write({
      'roadie.toml': '[health]\npath = "/health/"\n\n[bake]\nseconds = 30\n\n[source]\npoll = "1s"\n',
    });
    repository = GitRepository.make(project.folder);
    site = box.name('fixed');
    const ran = await box.up(repository.url, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
  });

  afterAll(async () => {
    await box.close();
    for (const folder of [repository.work, repository.bare]) await rm(folder, { recursive: true, force: true });
  });

  test('gets the fix by itself, and not what was given up once more', async () => {
    await project.say('broken', { broken: true });
    const bad = repository.push('break it');
    await expect.poll(async () => (await releases()).held?.given_up?.revision, soon).toBe(bad);
    expect(await front()).toBe('first');
    await project.say('fixed');
    repository.push('fix it');
    await expect.poll(front, soon).toBe('fixed');
    await expect.poll(async () => (await releases()).held, soon).toBeNull();
  });
});
