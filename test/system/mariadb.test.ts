import { cp, stat, writeFile } from 'node:fs/promises';
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
  /** Ends the client that holds a lock. */
  const release = new AbortController();

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('boards');
    domain = `${site}.localhost`;
    project = join(box.folder, 'project');
    await cp(boards, project, { recursive: true });
    await writeFile(join(project, 'roadie.toml'), 'database = "mariadb"\n');
  });

  afterAll(() => {
    release.abort();
    return box.close();
  });

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
    const ask = (user: string, as: string, group: string, ...more: readonly string[]) =>
      run([
        'runuser',
        '-u',
        as,
        '-g',
        group,
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
    expect((await ask(own, own, own)).code).toBe(0);
    expect((await ask(own, 'nobody', 'nogroup')).stderr).toMatch(/Permission denied|\(13\)/);
    expect((await ask(own, box.user(site, 'redis'), own)).stderr).toContain('Access denied');
    expect((await ask(own, box.user(site, 'redis'), own, '--password=x')).stderr).toContain('Access denied');
    expect((await ask(own, own, own, 'mysql')).stderr).toContain('Access denied');
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

  test('a migration that fails half-way is told, with the command that puts the database back', async () => {
    await writeFile(
      join(project, 'boards/migrations/0003_half.py'),
      [
        'from django.db import migrations',
        'class Migration(migrations.Migration):',
        "    dependencies = [('boards', '0002_first_boards')]",
        "    operations = [migrations.RunSQL('create table half_done (x int)'), migrations.RunSQL('create table half_done (x int)')]",
      ].join('\n'),
    );
    const ran = await box.up(project, site, '--yes');
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain('The migration boards.0003_half failed');
    const restore = /^\s*\$ sudo (sh -c '.*<(\S+before-\S+\.sql)')$/m.exec(ran.all);
    expect(restore, ran.all).not.toBeNull();
    expect((await stat(restore?.[2] ?? '')).mode & 0o777).toBe(0o600);
    const tables = async () =>
      (await shell('from django.db import connection as c; print(*c.introspection.table_names())')).stdout;
    expect(await tables()).toContain('half_done');
    expect((await box.get(domain, '/boards/general/')).body).toContain('A first topic 🎺');

    expect((await run(['/bin/sh', '-c', restore?.[1] ?? 'false'])).code).toBe(0);
    expect(await tables()).not.toContain('half_done');
    expect((await box.get(domain, '/boards/general/')).body).toContain('A first topic 🎺');
  });

  test('a migration that would wait for a table gives up, and visitors do not queue behind it', async () => {
    await writeFile(
      join(project, 'boards/migrations/0003_half.py'),
      [
        'from django.db import migrations',
        'class Migration(migrations.Migration):',
        "    dependencies = [('boards', '0002_first_boards')]",
        "    operations = [migrations.RunSQL('alter table boards_topic add column extra int')]",
      ].join('\n'),
    );
    const socket = join(box.folder, 'run', site, 'mariadb', 'mariadb.sock');
    const holder = run(['mariadb', '--no-defaults', `--socket=${socket}`, '--user=root', site.replaceAll('-', '_')], {
      input: 'start transaction; select count(*) from boards_topic; select sleep(600);',
      signal: release.signal,
    });
    const ran = await box.up(project, site, '--yes');
    release.abort();
    await holder.catch(() => undefined);
    expect(ran.all).toContain('it waited longer than 5s for a lock');
  });
});
