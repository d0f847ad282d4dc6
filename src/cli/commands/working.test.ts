import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { daemon, done, stream, value } from '../../../test/rig/fake-daemon.ts';
import { cli } from '../../../test/rig/fake-terminal.ts';

describe('working in a site', () => {
  test.each(['start', 'stop', 'restart'] as const)('`%s` says which services it was', async (action) => {
    const { socketPath, asked } = await daemon({ [action]: () => value({ services: ['web'] }) });
    const { exit, json } = await cli([action, 'boards', 'web', '--json'], { socketPath });
    expect([exit, json()]).toEqual([0, [{ site: 'boards', services: ['web'] }]]);
    expect(asked.at(-1)).toMatchObject({ endpoint: action, parameters: { site: 'boards' }, query: { service: 'web' } });
  });

  test('`run` runs manage.py as the site does and ends with its exit code', async () => {
    const root = new URL('../../../examples/boards', import.meta.url).pathname;
    const { socketPath } = await daemon({
      environment: () =>
        value({
          site: 'boards',
          root,
          bin: '/v/bin',
          cache: '/c',
          environment: { SECRET_KEY: 'x' },
          uid: 999,
          gid: 998,
          groups: [997],
        }),
    });
    for (const argv of [
      ['run', 'boards', '--', 'check', '--deploy'],
      ['run', 'boards', 'check', '--deploy'],
    ]) {
      const ran = await cli(argv, { socketPath });
      expect(ran.exit).toBe(7);
      expect(ran.interactive).toEqual([
        {
          site: 'boards',
          command: ['/v/bin/python', 'manage.py', 'check', '--deploy'],
          directory: root,
          environment: { TERM: 'xterm', SECRET_KEY: 'x' },
          user: { uid: 999, gid: 998, groups: [997], name: 'boards' },
        },
      ]);
    }
  });

  test('`run` without manage.py uses Django itself, and `shell` its shell', async () => {
    const { socketPath } = await daemon({
      environment: () => value({ site: 'boards', root: '/nonexistent', bin: '/v/bin', cache: '/c', environment: {} }),
    });
    const ran = await cli(['shell', 'boards'], { socketPath });
    expect(ran.interactive[0]?.command).toEqual(['/v/bin/python', '-m', 'django', 'shell']);
  });

  test("`run` lends the caller's files, and passes on the variables that are named", async () => {
    const { socketPath } = await daemon({
      environment: () =>
        value({
          site: 'boards',
          root: '/r',
          bin: '/v/bin',
          cache: '/c',
          environment: { TOKEN: 'site' },
          uid: 999,
          gid: 998,
          groups: [],
        }),
    });
    const overrides = {
      isFile: (path: string) => path === '/usr/x.json',
      variables: { TOKEN: 'mine', DJANGO_SUPERUSER_PASSWORD: 'pw', OTHER: 'x' },
    };
    const ran = await cli(['run', '--env', 'TOKEN', 'boards', '--', 'loaddata', 'x.json'], { socketPath, overrides });
    expect(ran.interactive).toMatchObject([
      {
        command: ['/v/bin/python', '-m', 'django', 'loaddata', '/tmp/lent/usr/x.json'],
        environment: { TERM: 'xterm', TOKEN: 'mine', DJANGO_SUPERUSER_PASSWORD: 'pw' },
      },
    ]);
    expect(ran.interactive[0]?.environment).not.toHaveProperty('OTHER');
    for (const name of ['ABSENT', 'TOKEN=x'])
      expect((await cli(['run', '--env', name, 'boards', '--', 'check'], { socketPath, overrides })).exit).toBe(2);
  });

  test('`run` without a command says how to see which there are', async () => {
    const { exit, stderr } = await cli(['run', 'boards', '--']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('$ roadie run boards -- help')]);
  });

  test('`env list` never shows a secret, in JSON neither', async () => {
    const { socketPath } = await daemon({
      environment: () =>
        value({
          site: 'boards',
          root: '/r',
          bin: '/b',
          cache: '/c',
          environment: { SECRET_KEY: 'canary', REDIS_URL: 'redis://:canary@h/0', DEBUG: 'False' },
        }),
    });
    const human = await cli(['env', 'list', 'boards'], { socketPath });
    const forPrograms = await cli(['env', 'list', 'boards', '--json'], { socketPath });
    expect(human.stdout + forPrograms.stdout).not.toContain('canary');
    expect(forPrograms.json()).toMatchObject([
      {
        site: 'boards',
        variables: [
          { name: 'DEBUG', value: 'False', masked: false, by: 'unknown' },
          { name: 'REDIS_URL', masked: true },
          { name: 'SECRET_KEY', value: '********', masked: true },
        ],
      },
    ]);
  });

  test('`env set` takes words, standard input and a question, and hints at secrets in the history', async () => {
    const { socketPath, asked } = await daemon({
      job: () => stream([done({ site: 'boards', changed: ['A'], restarted: true })]),
    });
    const piped = await cli(['env', 'set', 'boards', 'A=b=c', 'TOKEN=-'], { socketPath, input: 'canary\n' });
    expect(piped.exit).toBe(0);
    expect(piped.stderr + piped.stdout).not.toContain('canary');
    const asking = await cli(['env', 'set', 'boards', 'TOKEN=-'], { socketPath, isTerminal: true, answers: ['typed'] });
    expect(asking.exit).toBe(0);
    expect((await cli(['env', 'set', 'boards', 'API_KEY=sk_1234'], { socketPath })).stderr).toContain(
      '`API_KEY=-` asks',
    );
    expect(asked.filter((one) => one.endpoint === 'job').map((one) => one.body)).toEqual([
      { kind: 'env-set', site: 'boards', values: { A: 'b=c', TOKEN: 'canary' } },
      { kind: 'env-set', site: 'boards', values: { TOKEN: 'typed' } },
      { kind: 'env-set', site: 'boards', values: { API_KEY: 'sk_1234' } },
    ]);
  });

  test.each([[['A']], [['1A=x']], [[]], [['A=-', 'B=-']], [['--file', '/nonexistent/.env']]])(
    '`env set boards %j` ends with 2 and changes nothing',
    async (words) => {
      const { socketPath, asked } = await daemon({});
      expect((await cli(['env', 'set', 'boards', ...words], { socketPath })).exit).toBe(2);
      expect(asked).toEqual([]);
    },
  );

  test('`env unset` names the variables', async () => {
    const { socketPath, asked } = await daemon({
      job: () => stream([done({ site: 'boards', changed: [], restarted: false })]),
    });
    const { stdout } = await cli(['env', 'unset', 'boards', 'A', 'B'], { socketPath });
    expect(asked.at(-1)?.body).toEqual({ kind: 'env-unset', site: 'boards', names: ['A', 'B'] });
    expect(stdout).toContain('Nothing to change');
  });
});

describe('file', () => {
  const put = { site: 'boards', path: 'a/local.py', changed: true, restarted: true, trash: null };

  test('`file put` sends the content, and `file remove` the path', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(put)]) });
    const folder = mkdtempSync(join(tmpdir(), 'file-put-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'mine'), Buffer.from([0, 255, 10]));
    const ran = await cli(['file', 'put', 'boards', 'a/local.py', join(folder, 'mine')], { socketPath });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('a/local.py is kept, and a new release with that is live');
    const early = ['file', 'put', 'to-come', 'a/local.py', join(folder, 'mine'), '--source'];
    expect((await cli([...early, folder], { socketPath })).exit).toBe(0);
    expect((await cli([...early, join(folder, 'none')], { socketPath })).exit).toBe(2);
    expect((await cli(['file', 'remove', 'boards', 'a/local.py', '--json'], { socketPath })).exit).toBe(0);
    expect(asked.filter((one) => one.endpoint === 'job').map((one) => one.body)).toEqual([
      { kind: 'file-put', site: 'boards', path: 'a/local.py', content: 'AP8K' },
      { kind: 'file-put', site: 'to-come', path: 'a/local.py', content: 'AP8K', source: folder },
      { kind: 'file-remove', site: 'boards', path: 'a/local.py' },
    ]);
  });

  test.each([
    ['put', 'boards', '../x.py', '/etc/hostname'],
    ['put', 'boards', '/x.py', '/etc/hostname'],
    ['put', 'boards', 'x.py', '/nonexistent'],
    ['put', 'boards', 'x.py', '/etc'],
    ['put', 'boards', 'x.py', '/proc/self/exe'],
    ['remove', 'boards', '.git/config'],
  ])('`file %s %s %s` of that ends with 2 and sends nothing', async (...words) => {
    const { socketPath, asked } = await daemon({});
    expect((await cli(['file', ...words], { socketPath })).exit).toBe(2);
    expect(asked).toEqual([]);
  });

  test('`file list` shows paths and no contents', async () => {
    const files = [{ path: 'a/local.py', bytes: 12, changed: '2026-11-28T10:00:00.000Z' }];
    const { socketPath } = await daemon({ files: () => value({ site: 'boards', folder: '/x/own', files }) });
    const { stdout } = await cli(['file', 'list', 'boards'], { socketPath });
    expect(stdout).toContain('a/local.py  12 bytes, 2026-11-28T10:00:00.000Z');
    expect(stdout).toContain('/x/own');
  });
});

describe('down', () => {
  const result = { site: 'boards', removed: ['NGINX site'], kept: ['/var/lib/roadie/sites/boards/data'], trash: null };

  test('says what it deletes and asks for the name', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(result)]) });
    const ran = await cli(['down', 'boards', '--delete-data'], { socketPath, isTerminal: true, answers: ['boards'] });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('DELETED: its database');
    expect(asked.at(-1)?.body).toEqual({ kind: 'down', site: 'boards', delete_data: true });
  });

  test.each([['y'], ['shop'], ['']])('with the answer %j changes nothing', async (answer) => {
    const { socketPath, asked } = await daemon({});
    expect((await cli(['down', 'boards'], { socketPath, isTerminal: true, answers: [answer] })).exit).toBe(1);
    expect(asked.every((one) => one.endpoint === 'status')).toBe(true);
  });

  test('without a terminal needs --confirm with the right name', async () => {
    const { socketPath } = await daemon({ job: () => stream([done(result)]) });
    expect((await cli(['down', 'boards'], { socketPath })).stderr).toContain('$ roadie down boards --confirm boards');
    expect((await cli(['down', 'boards', '--confirm', 'shop'], { socketPath })).exit).toBe(2);
    expect((await cli(['down', 'boards', '--confirm', 'boards', '--json'], { socketPath })).json()).toEqual([result]);
  });
});
