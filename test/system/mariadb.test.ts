import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { statusSchema } from '../../src/contract/status.ts';
import { run } from '../../src/machine/processes/run.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { Visitor } from '../rig/visitor.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** The forum, which declares a driver for PostgreSQL alone, with one line of config; each test goes on where the one before ended. */
describe('the forum on MariaDB', { sequential: true }, () => {
  let box: Box;
  let site: string;
  let domain: string;
  let project: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('boards');
    domain = `${site}.localhost`;
    project = join(box.folder, 'project');
    await cp(boards, project, { recursive: true });
    await writeFile(join(project, 'roadie.toml'), 'database = "mariadb"\n');
  });

  afterAll(() => box.close());

  async function pidOf(name: string): Promise<number | null | undefined> {
    const status = statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
    return status.sites[0]?.services.find((service) => service.name === name && service.state === 'ready')?.pid;
  }

  function shell(code: string): ReturnType<Box['roadie']> {
    return box.roadie(['run', site, '--', 'shell', '-c', code]);
  }

  test('comes up, and a visitor signs up and writes', async () => {
    const ran = await box.up(project, site, '--yes');
    expect(ran.all).toContain(`${site} is live at https://${domain}:${box.ports.https}/`);
    expect(ran.code).toBe(0);
    const ann = new Visitor(box, domain);
    await ann.signUp('ann');
    const topic = await ann.submit('/boards/general/new/', { title: 'A first topic 🎺', body: 'Hello to all of you' });
    expect(topic.status).toBe(302);
  });

  test('the server is strict, durable, knows time zones and every character, and listens on no network', async () => {
    const asked = await shell(
      [
        'from django.db import connection as c; q = c.cursor()',
        "q.execute(\"select current_user(), @@skip_networking, @@innodb_flush_log_at_trx_commit, @@character_set_connection, @@sql_mode, convert_tz('2026-07-01 12:00', 'UTC', 'Europe/Berlin')\")",
        'print(c.vendor, c.mysql_is_mariadb, *q.fetchone())',
      ].join('\n'),
    );
    expect(asked.stdout).toContain(`mysql True ${box.user(site)}@localhost 1 1 utf8mb4 STRICT_TRANS_TABLES,`);
    expect(asked.stdout).toContain('2026-07-01 14:00:00');
  });

  test('nobody else gets in: not another user of the group, not by a password', async () => {
    const socket = join(box.folder, 'run', site, 'mariadb', 'mariadb.sock');
    const ask = (user: string, as: string, ...more: readonly string[]) =>
      run([
        'runuser',
        '-u',
        as,
        '--',
        'mariadb',
        '--no-defaults',
        `--socket=${socket}`,
        `--user=${user}`,
        ...more,
        '-e',
        'select 1',
      ]);
    const own = box.user(site);
    expect((await ask(own, own)).code).toBe(0);
    expect((await ask(own, 'nobody')).stderr).toMatch(/Permission denied|\(13\)/);
    expect((await ask(own, box.user(site, 'redis'))).stderr).toContain('Access denied');
    expect((await ask(own, box.user(site, 'redis'), '--password=x')).stderr).toContain('Access denied');
    expect((await ask(own, own, 'mysql')).stderr).toContain('Access denied');
  });

  test('a second up changes nothing', async () => {
    const ran = await box.up(project, site, '--yes', '--json');
    const lines = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; plan?: { changes: { action: string; title: string }[] } });
    const plan = lines.find((line) => line.type === 'plan-made')?.plan;
    expect(plan?.changes.filter(({ action }) => action !== 'keep')).toEqual([]);
    expect(ran.code).toBe(0);
  });

  test('what was committed outlives a kill of the server, which is back by itself', async () => {
    const before = await pidOf('mariadb');
    expect(before).toBeGreaterThan(1);
    process.kill(before ?? 0, 'SIGKILL');
    await expect
      .poll(async () => ((await pidOf('mariadb')) ?? before) !== before, { timeout: 60_000, interval: 250 })
      .toBe(true);
    await expect
      .poll(async () => (await box.get(domain, '/boards/general/')).body, { timeout: 60_000 })
      .toContain('A first topic 🎺');
  });

  test('the next daemon adopts it, and a restart keeps the data', async () => {
    const before = await pidOf('mariadb');
    expect((await box.roadie(['daemon', 'upgrade'])).code).toBe(0);
    expect(await pidOf('mariadb')).toBe(before);
    expect((await box.roadie(['restart', site, 'mariadb'])).code).toBe(0);
    expect(await pidOf('mariadb')).not.toBe(before);
    await expect
      .poll(async () => (await box.get(domain, '/boards/general/')).body, { timeout: 60_000 })
      .toContain('A first topic 🎺');
  });
});
