import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { Visitor } from '../rig/visitor.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** The whole picture once, as a user meets it; each test goes on where the one before ended. */
describe('the forum, from nothing to HTTPS', { sequential: true }, () => {
  let box: Box;
  let site: string;
  let domain: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open({ bare: true });
    site = box.name('boards');
    domain = `${site}.localhost`;
  });

  afterAll(() => box.close());

  test('without a terminal and without --yes it changes nothing and says that --yes is needed', async () => {
    const ran = await box.up(boards, site);
    expect(ran.code).toBe(2);
    expect(ran.all).toContain('--yes');
    expect((await box.roadie(['status', '--json'])).stdout).toContain('"sites":[]');
  });

  test('up --yes brings it live over HTTPS', async () => {
    const ran = await box.up(boards, site, '--yes');
    expect(ran.all).toContain(`${site} is live at https://${domain}:${box.ports.https}/`);
    expect(ran.code).toBe(0);
    const page = await box.get(domain, '/');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<title>Commons</title>');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
  });

  test('a second up changes nothing and says so', async () => {
    const ran = await box.up(boards, site, '--yes', '--json');
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; plan?: { changes: { action: string }[] } });
    const plan = lines.find((line) => line.type === 'plan-made')?.plan;
    expect(plan?.changes.map((change) => change.action).filter((action) => action !== 'keep')).toEqual([]);
    expect(ran.code).toBe(0);
  });

  test('status --json has the daemon, the site and every service with its process', async () => {
    const status = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    expect(status.sites[0]).toMatchObject({ name: site, state: 'live' });
    expect(status.sites[0]?.services.map((service) => service.name).toSorted()).toEqual([
      'postgresql',
      'redis',
      'web',
      'worker',
    ]);
    for (const service of status.sites[0]?.services ?? []) {
      expect(service).toMatchObject({ state: 'ready' });
      expect(service.memory_bytes).toBeGreaterThan(1_000_000);
    }
  });

  test('static files come from NGINX, compressed beforehand, and hashed names are kept for a year', async () => {
    const page = await box.get(domain, '/');
    const path = /href="(\/static\/boards\/forum\.[0-9a-f]{12}\.css)"/.exec(page.body)?.[1] ?? 'no stylesheet';
    const plain = await box.get(domain, path);
    const brotli = await box.get(domain, path, { headers: { 'accept-encoding': 'br, gzip' } });
    expect(plain.status).toBe(200);
    expect(plain.headers['cache-control']).toContain('max-age=31536000');
    expect(brotli.headers['content-encoding']).toBe('br');
    expect(Number(brotli.headers['content-length'])).toBeLessThan(Number(plain.headers['content-length']) / 2);
  });

  test('a person can sign up, write a topic and a reply, and the worker tells the other one', async () => {
    const ann = new Visitor(box, domain);
    await ann.signUp('ann');
    const topic = await ann.submit('/boards/general/new/', { title: 'A first topic', body: 'Hello to all of you' });
    expect(topic.status).toBe(302);
    const place = String(topic.headers['location']).split('#')[0] ?? '';
    const ben = new Visitor(box, domain);
    await ben.signUp('ben');
    expect((await ben.submit(place.replace(/\/?$/, '/').concat('reply/'), { body: 'Hello back' })).status).toBe(302);
    // The job is done by the worker: the page shows it once it is.
    await expect.poll(async () => (await ann.get('/notifications/')).body, { timeout: 60_000 }).toContain('ben');
  });

  test('Django knows the client and the scheme', async () => {
    const told = await box.roadie([
      'run',
      site,
      '--',
      'shell',
      '-c',
      'from django.conf import settings; print(settings.DEBUG, settings.SESSION_COOKIE_SECURE, settings.ALLOWED_HOSTS)',
    ]);
    expect(told.stdout).toContain(`False True ['${domain}'`);
    const forged = await box.get(domain, '/account/login/', {
      headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' },
    });
    expect(forged.status).toBe(200);
  });

  test('a hand-edited NGINX file is drift that plan shows and up fixes', async () => {
    const file = join(box.folder, 'base/edge/sites', `${site}.conf`);
    const before = await readFile(file, 'utf8');
    await writeFile(file, before.replace('client_max_body_size', '# by hand\nclient_max_body_size'));
    const plan = await box.roadie(['plan', site]);
    expect(plan.stdout).toContain(`${site}.conf`);
    expect((await box.up(boards, site, '--yes')).code).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('env set takes effect without an edit, is listed without its value, and unset takes it back', async () => {
    expect((await box.roadie(['env', 'set', site, 'GREETING=canary-81c2'])).code).toBe(0);
    const told = await box.roadie(['run', site, '--', 'shell', '-c', "import os; print(os.environ['GREETING'])"]);
    expect(told.stdout).toContain('canary-81c2');
    expect((await box.roadie(['env', 'list', site])).all).not.toContain('canary-81c2');
    expect((await box.roadie(['events', '-n', '10000', '--json'])).all).not.toContain('canary-81c2');
    expect((await box.roadie(['env', 'unset', site, 'GREETING'])).code).toBe(0);
    expect((await box.get(domain, '/health/')).status).toBe(200);
  });

  test('stop takes the site down, start brings it back', async () => {
    expect((await box.roadie(['stop', site, 'web'])).code).toBe(0);
    expect((await box.get(domain, '/')).status).toBe(503);
    expect((await box.roadie(['start', site])).code).toBe(0);
    expect((await box.get(domain, '/')).status).toBe(200);
  });

  test('the daemon can go and come back: the services live on and are adopted', async () => {
    const before = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    await box.roadie(['daemon', 'stop']);
    expect((await box.get(domain, '/')).status).toBe(200);
    const after = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    const pidOf = (status: typeof before): number | null | undefined =>
      status.sites[0]?.services.find((service) => service.name === 'postgresql')?.pid;
    expect(pidOf(after)).toBe(pidOf(before));
  });

  test('check finds nothing that is an error', async () => {
    const ran = await box.roadie(['check', site, '--json']);
    const { findings } = JSON.parse(ran.stdout) as { findings: { level: string; id: string }[] };
    expect(findings.filter((finding) => finding.level === 'error')).toEqual([]);
  });

  test('logs show what a service wrote', async () => {
    expect((await box.roadie(['logs', site, 'web', '-n', '200'])).stdout).toContain('gunicorn');
  });

  test('down keeps the data, and up brings it back with it', async () => {
    expect((await box.roadie(['down', site])).code).toBe(2);
    expect((await box.roadie(['down', site, '--confirm', site])).code).toBe(0);
    await expect(box.get(domain, '/')).rejects.toThrow(/ECONNREFUSED|ECONNRESET|socket hang up/);
    expect((await box.up(boards, site, '--yes')).code).toBe(0);
    expect((await box.get(domain, '/boards/general/')).body).toContain('A first topic');
  });

  test('down --delete-data moves the data to the trash', async () => {
    const ran = await box.roadie(['down', site, '--delete-data', '--confirm', site, '--json']);
    const end = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '{}') as {
      trash?: string;
      result?: { trash?: string };
    };
    expect(end.trash ?? end.result?.trash).toContain(site);
  });
});
