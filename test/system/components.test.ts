import { existsSync } from 'node:fs';
import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { installedPackages, installPackages } from '../../src/machine/packages/packages.ts';
import { run } from '../../src/machine/processes/run.ts';
import { lookupUser } from '../../src/machine/users/users.ts';
import type { RunAs } from '../../src/services/service.ts';
import { type RunningService, startService } from '../rig/running-service.ts';
import { layOut, makeSitePlace, setUp, type SitePlace, used } from '../rig/site-place.ts';

const psql = '/usr/lib/postgresql/15/bin/psql';

/** Two sites' worth of servers need root for the users and for the packages. */
describe.runIf(process.getuid?.() === 0)('data services on this machine', () => {
  const running: RunningService[] = [];
  const places: SitePlace[] = [];

  beforeAll(async () => {
    const present = await installedPackages();
    const missing = ['postgresql-15', 'postgresql-client-15', 'redis-server'].filter((name) => !present.has(name));
    if (missing.length > 0)
      await installPackages(missing, {
        log: '/tmp/rd-packages.log',
        journal: '/tmp/rd-packages.journal',
        say: () => undefined,
      });
  });

  afterEach(async () => {
    for (const service of running.splice(0).toReversed()) await service.stop();
  });

  afterAll(async () => {
    for (const { layout } of places) await rm(join(layout.base, '..'), { recursive: true, force: true });
  });

  async function provide(
    site: string,
    withRoot: boolean,
    name: string,
  ): Promise<{ readonly site: SitePlace; readonly service: RunningService }> {
    const made = await makeSitePlace(site, withRoot);
    places.push(made);
    const { component, options } = used(name);
    await layOut(made, [{ component, options }]);
    await setUp(made, component, options, 'before');
    const [spec] = component.services(options, made.place);
    if (!spec) throw new Error(`${name} has no service`);
    const service = startService(spec, made.everybody);
    running.push(service);
    await service.ready();
    await setUp(made, component, options, 'after');
    return { site: made, service };
  }

  async function user(name: string): Promise<RunAs> {
    const found = await lookupUser(name);
    if (!found) throw new Error(`no user ${name}`);
    return { uid: found.uid, gid: found.gid, name };
  }

  describe.each([
    ['with root', true],
    ['without root', false],
  ])('PostgreSQL %s', (_title, withRoot) => {
    it("lets in the site's user without a password and nobody else", async () => {
      const { site } = await provide('my-forum', withRoot, 'postgresql');
      const host = join(site.place.folders.run, 'postgresql');
      const ask = (who: RunAs, role: string, database: string, sql: string) =>
        run([psql, '-X', '-At', '-w', `--host=${host}`, `--username=${role}`, `--dbname=${database}`, '-c', sql], {
          user: who,
        });
      const games = await user('games');

      const asSite = await ask(
        games,
        'my_forum',
        'my_forum',
        'create table t (x int); insert into t values (7); select x, current_user, pg_encoding_to_char(encoding), datcollate from t, pg_database where datname = current_database()',
      );
      expect(asSite.stdout.split('\n').filter((line) => line.includes('|'))).toEqual(['7|my_forum|UTF8|C.UTF-8']);
      const rights = await ask(
        games,
        'my_forum',
        'my_forum',
        "select rolsuper or rolcreatedb or rolcreaterole, current_setting('data_checksums'), current_setting('listen_addresses') from pg_roles where rolname = current_user",
      );
      expect(rights.stdout.trim()).toBe('f|on|');
      expect((await ask(games, 'my_forum', 'postgres', 'select 1')).code).not.toBe(0);

      const outsider = await ask(await user('nobody'), 'my_forum', 'my_forum', 'select 1');
      expect(outsider.stderr).toMatch(/Permission denied/);
      // One that got into the group is still not the site: the kernel tells PostgreSQL who asks.
      const inGroup = await ask({ ...(await user('lp')), gid: games.gid }, 'my_forum', 'my_forum', 'select 1');
      expect(inGroup.stderr).toMatch(/Peer authentication failed/);
      const asBuild = await ask(
        { ...(await user('news')), ...(withRoot && { groups: [games.gid] }) },
        'my_forum',
        'my_forum',
        'select x from t',
      );
      expect(asBuild.stdout.trim()).toBe(withRoot ? '7' : '');
      // Without root the superuser's and the site's user are one.
      const asSuperuser = await ask(games, 'postgres', 'postgres', 'select 1');
      expect(asSuperuser.code === 0).toBe(!withRoot);
      expect((await stat(join(host, '.s.PGSQL.5432'))).mode & 0o777).toBe(0o770);
    });

    it('finds nothing to set up the second time, and keeps what was committed over a kill', async () => {
      const { site, service } = await provide('again', withRoot, 'postgresql');
      const { component, options } = used('postgresql');
      expect(await setUp(site, component, options, 'before')).toEqual([]);
      expect(await setUp(site, component, options, 'after')).toEqual([]);
      const games = await user('games');
      const host = join(site.place.folders.run, 'postgresql');
      const ask = (sql: string) =>
        run([psql, '-X', '-At', `--host=${host}`, '--username=again', '--dbname=again', '-c', sql], { user: games });
      expect((await ask('create table t as select 5 as x')).code).toBe(0);

      // Of the whole group with root, and of the server alone without: its children must not keep the next one out.
      process.kill(withRoot ? -service.identity.pid : service.identity.pid, 'SIGKILL');
      await service.ended;
      const [spec] = component.services(options, site.place);
      if (!spec) throw new Error('no service');
      const next = startService(spec, site.everybody);
      running.push(next);
      await next.ready();
      expect((await ask('select x from t')).stdout.trim()).toBe('5');
      expect(await next.stop()).toBe('ended with code 0');
      expect(next.log()).toMatch(/database system is shut down/);
    });
  });

  it('begins anew where initdb was cut off', async () => {
    const site = await makeSitePlace('cutoff', true);
    places.push(site);
    const { component, options } = used('postgresql');
    await layOut(site, [{ component, options }]);
    const half = join(site.place.folders.data, 'postgresql', 'cluster.new');
    const postgres = site.place.users.component['postgresql'];
    if (!postgres) throw new Error('no user');
    await run(['mkdir', '-p', half], { user: postgres });
    await writeFile(join(half, 'PG_VERSION'), '15\n');
    await chown(join(half, 'PG_VERSION'), postgres.uid, postgres.gid);
    expect(await setUp(site, component, options, 'before')).toEqual(['PostgreSQL cluster']);
    expect(existsSync(half)).toBe(false);
    expect(
      (await run(['/usr/lib/postgresql/15/bin/pg_controldata', join(half, '..', 'cluster')], { user: postgres })).code,
    ).toBe(0);
  });

  describe.each([
    ['with root', true],
    ['without root', false],
  ])('Redis %s', (_title, withRoot) => {
    it("lets in the site's user alone, keeps what was written and refuses what is dangerous", async () => {
      const { site, service } = await provide('store', withRoot, 'redis');
      const socket = join(site.place.folders.run, 'redis', 'redis.sock');
      const ask = (who: RunAs, ...words: string[]) =>
        run(['/usr/bin/redis-cli', '-s', socket, ...words], { user: who });
      const games = await user('games');
      expect((await ask(games, 'SET', 'x', '5')).stdout).toBe('OK\n');
      expect((await ask(games, 'EVAL', 'return redis.call("GET", "x")', '0')).stdout).toBe('5\n');
      for (const words of [
        ['CONFIG', 'SET', 'dir', '/tmp'],
        ['FLUSHALL'],
        ['DEBUG', 'SLEEP', '0'],
        ['SHUTDOWN'],
        ['ACL', 'LIST'],
        ['REPLICAOF', 'localhost', '1'],
        ['MODULE', 'LIST'],
        ['BGSAVE'],
        ['CONFIG', 'GET', 'dir'],
      ]) {
        expect(`${words.join(' ')}: ${(await ask(games, ...words)).stdout}`).toMatch(
          /: (NOPERM|ERR \w+ command not allowed)/,
        );
      }
      expect((await ask(await user('nobody'), 'PING')).stderr).toMatch(/Permission denied/);
      expect((await run(['/usr/bin/redis-cli', '-s', socket, 'INFO', 'persistence'], { user: games })).stdout).toMatch(
        /aof_enabled:1/,
      );

      expect(await service.stop()).toBe('ended with code 0');
      const { component, options } = used('redis');
      const [spec] = component.services(options, site.place);
      if (!spec) throw new Error('no service');
      const next = startService(spec, site.everybody);
      running.push(next);
      await next.ready();
      expect((await ask(games, 'GET', 'x')).stdout).toBe('5\n');
    });
  });
});
