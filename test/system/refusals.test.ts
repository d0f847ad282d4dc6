import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { callApi } from '../../src/machine/network/api-client.ts';
import { catalogue } from '../../src/problems/catalogue.ts';
import type { Problem } from '../../src/problems/problem.ts';
import { Box, requireRoot, runCommand } from '../rig/box.ts';
import { expectReadable, problemsOf, statusOf } from '../rig/refused.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const otherDjango = (specifier: string): Record<string, string> => ({ 'requirements.txt': `Django${specifier}\n` });
const otherPython = (specifier: string): Record<string, string> => ({
  'pyproject.toml': `[project]\nname = "tiny"\nversion = "1"\nrequires-python = "${specifier}"\ndependencies = ["django"]\n`,
});

describe('what is refused before anything is made', () => {
  let box: Box;
  const folders: Record<string, string> = {};

  async function project(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    const made = await TinyProject.make(name);
    await made.write(files);
    folders[name] = made.folder;
  }

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    folders['empty'] = join(box.folder, 'empty');
    folders['other'] = join(box.folder, 'other');
    folders['two'] = join(box.folder, 'two');
    await mkdir(folders['empty']);
    await mkdir(folders['other']);
    await writeFile(join(folders['other'], 'readme.md'), 'no project\n');
    for (const name of ['shop', 'blog']) {
      await mkdir(join(folders['two'], name, name), { recursive: true });
      await writeFile(
        join(folders['two'], name, 'manage.py'),
        `import os\nfrom django.core.management import execute_from_command_line\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "${name}.settings")\nexecute_from_command_line()\n`,
      );
      await writeFile(
        join(folders['two'], name, name, 'settings.py'),
        `ROOT_URLCONF = "${name}.urls"\nSECRET_KEY = "x"\n`,
      );
    }
    await project('good', {});
    await project('syntax', { 'tiny/settings.py': 'DEBUG = False\nALLOWED_HOSTS = = []\n' });
    await project('new-python', otherPython('>=3.99'));
    await project('old-python', otherPython('<3'));
    await project('old-django', otherDjango('==1.11'));
    await project('new-django', otherDjango('>=9'));
    await project('broken-toml', { 'roadie.toml': 'name = tiny\n' });
  });

  afterAll(async () => {
    for (const folder of Object.values(folders)) await rm(folder, { recursive: true, force: true });
    await box.close();
  });

  test.each<readonly [string, string, Problem['code'], RegExp]>([
    ['a folder without a Django project', 'other', 'no-django-project', /neither a manage\.py/],
    ['an empty folder', 'empty', 'no-django-project', /the folder is empty/],
    ['a folder with two projects', 'two', 'several-projects', /blog\/manage\.py, shop\/manage\.py/],
    [
      'a syntax error in the settings',
      'syntax',
      'settings-syntax-error',
      /tiny\/settings\.py:2:17\n.*ALLOWED_HOSTS = = /,
    ],
    ['a Python that does not exist yet', 'new-python', 'python-unsupported', />=3\.99.*\n.*pyproject\.toml:4/],
    ['a Python that is too old', 'old-python', 'python-unsupported', /<3;/],
    ['a Django that is too old', 'old-django', 'django-unsupported', /==1\.11.*\n.*requirements\.txt:1/],
    ['a Django that does not exist yet', 'new-django', 'django-unsupported', />=9.*\n.*requirements\.txt:1/],
    ['a config that is not TOML', 'broken-toml', 'config-syntax', /roadie\.toml:1:8/],
  ])('%s', async (_title, name, code, words) => {
    const folder = folders[name] ?? '';
    const human = await box.up(folder, 'refused', '--yes');
    expectReadable(human, code);
    expect(human.all).toMatch(words);
    expect(human.all).toContain(`  at ${folder}`);
  });

  test.each<readonly [string, readonly string[], Problem['code'], RegExp]>([
    ['a name with a space', ['--name', 'A b'], 'bad-name', /'A b' is not a site name[^]*a-b/],
    [
      'a domain that would end a directive of NGINX',
      ['--name', 'x', '--domain', 'a; } server {'],
      'bad-domain',
      /character/,
    ],
    ['a domain with a port', ['--name', 'x', '--domain', 'a.example.org:80'], 'bad-domain', /a\.example\.org:80/],
    ['a port of 99999', ['--name', 'x', '--http-port', '99999'], 'bad-port', /99999/],
    ['one port for both', ['--name', 'x', '--http-port', '8081', '--https-port', '8081'], 'bad-port', /8081/],
    ['a ref that is an option of git', ['--name', 'x', '--ref=--upload-pack=x'], 'source-refused', /--upload-pack=x/],
    ['a ref of a folder', ['--name', 'x', '--ref', 'main'], 'source-refused', /--ref says nothing/],
    ['an option that does not exist', ['--nmae', 'x'], 'bad-arguments', /Did you mean --name\?/],
  ])('%s', async (_title, words, code, said) => {
    const folder = folders['good'] ?? '';
    // A ref is looked at for repositories; of a folder any is wrong.
    const source = words.some((word) => word.startsWith('--ref=')) ? 'https://127.0.0.1/x.git' : folder;
    const human = await box.roadie(['up', source, ...words, '--yes']);
    expectReadable(human, code);
    expect(human.all).toMatch(said);
  });

  test.each<readonly [string, string, Problem['code']]>([
    ['a transport that runs programs', "ext::sh -c 'touch FOLDER/canary'", 'source-refused'],
    ['a host that is an option of ssh', 'ssh://-oProxyCommand=touch%20FOLDER/canary/x', 'source-refused'],
    ['an option of git', '--upload-pack=touch FOLDER/canary', 'source-missing'],
    ['an address with a password', 'https://user:canary-7f31@127.0.0.1/x.git', 'source-refused'],
    ['an unsigned transport', 'git://127.0.0.1/x.git', 'source-refused'],
    ['a path where nothing is', 'FOLDER/nowhere', 'source-missing'],
    ['a repository where nothing is', 'file://FOLDER/nowhere', 'source-missing'],
  ])('as a source: %s', async (_title, source, code) => {
    const given = source.replaceAll('FOLDER', box.folder);
    const ran = await box.roadie(['up', '--yes', '--name', 'x', '--', given]);
    expectReadable(ran, code);
    expect(ran.all).not.toContain('canary-7f31');
    expect(await readdir(box.folder)).not.toContain('canary');
  });

  test('every mistake in roadie.toml is told at once, each with its place and the nearest right key', async () => {
    await project('toml', {
      'roadie.toml': 'nmae = "x"\nhttp_port = 99999\ndomains = "x"\n\n[web]\nworkers = "many"\n',
    });
    const file = join(folders['toml'] ?? '', 'roadie.toml');
    const human = await box.up(folders['toml'] ?? '', 'refused', '--yes');
    expectReadable(human, 'config-unknown-key');
    expect(human.all).toContain('did you mean name?');
    const problems = problemsOf(await box.up(folders['toml'] ?? '', 'refused', '--yes', '--json'));
    expect(problems.map(({ code, where }) => [code, where])).toEqual([
      ['config-unknown-key', { file, line: 1, column: 1 }],
      ['config-bad-value', { file, line: 2, column: 13 }],
      ['config-bad-value', { file, line: 3, column: 11 }],
      ['config-bad-value', { file, line: 6, column: 11 }],
    ]);
  });

  test('a port that is taken: by whom', async () => {
    const server = createServer();
    const port = await listening(server);
    try {
      const ran = await box.roadie(['up', folders['good'] ?? '', '--name', 'x', '--http-port', String(port), '--yes']);
      expectReadable(ran, 'port-taken');
      expect(ran.all).toMatch(new RegExp(`Port ${port} is taken by .*node.* \\(pid ${process.pid}\\)`));
    } finally {
      server.close();
    }
  });

  test('a disk that is nearly full, and one that can take no more files', async () => {
    for (const [options, words] of [
      ['size=64m', /Only \d+ MB are free/],
      ['size=2g,nr_inodes=2000', /only \d+ more files/],
    ] as const) {
      const disk = join(box.folder, 'disk');
      await mkdir(disk, { recursive: true });
      expect((await runCommand(['mount', '-t', 'tmpfs', '-o', `${options},mode=755`, 'tmpfs', disk])).code).toBe(0);
      const environment = { ROADIE_BASE: join(disk, 'base'), ROADIE_RUN: join(disk, 'run') };
      try {
        const ran = await box.roadie(['up', folders['good'] ?? '', '--name', 'x', '--yes'], { environment });
        expectReadable(ran, 'disk-full');
        expect(ran.all).toMatch(words);
        expect(await readdir(join(disk, 'base'))).toEqual(['state']);
      } finally {
        await box.roadie(['daemon', 'stop', '--services'], { environment });
        // The daemon has said that it ends; its process may still hold its log.
        await runCommand(['umount', '--lazy', disk]);
      }
    }
  });

  test('where the daemon does not run, its status says so, and other commands start it', async () => {
    await box.roadie(['daemon', 'stop']);
    const ran = await box.roadie(['daemon', 'status']);
    expectReadable(ran, 'daemon-not-running');
    expect(problemsOf(await box.roadie(['daemon', 'status', '--json']))[0]?.code).toBe('daemon-not-running');
    expect((await box.roadie(['status'])).code).toBe(0);
    expect((await box.roadie(['daemon', 'status'])).code).toBe(0);
  });

  test('a request to the API that is no operation, before anything of it is started or recorded', async () => {
    expect((await box.roadie(['status'])).code).toBe(0);
    const records = async (): Promise<string> =>
      (
        await Promise.all(
          ['events.jsonl', 'daemon.log'].map((name) => readFile(join(box.folder, 'base/state', name), 'utf8')),
        )
      ).join('');
    const jobs = async (): Promise<number> => (await records()).split('"job-started"').length;
    const before = await jobs();
    const socketPath = join(box.folder, 'run/roadie.sock');
    for (const body of [null, [], { kind: 'canary-5c1b', site: 'canary-5c1b' }]) {
      for (const path of ['/v1/jobs', '/v1/jobs?wait=1'])
        expect(await callApi({ socketPath, method: 'POST', path, body })).toMatchObject({
          status: 400,
          value: { problems: [{ code: 'bad-arguments' }] },
        });
    }
    expect((await statusOf(box)).daemon.operation).toBeUndefined();
    expect(await jobs()).toBe(before);
    expect(await records()).not.toContain('canary-5c1b');
  });

  test('a folder that cannot be written is a problem, not a bug', async () => {
    const disk = join(box.folder, 'read-only');
    await mkdir(disk, { recursive: true });
    expect((await runCommand(['mount', '-t', 'tmpfs', '-o', 'size=1m,ro', 'tmpfs', disk])).code).toBe(0);
    try {
      const environment = { ROADIE_BASE: join(disk, 'base'), ROADIE_RUN: join(disk, 'run') };
      const ran = await box.roadie(['status'], { environment });
      expect(ran.code).not.toBe(0);
      expect(ran.code).not.toBe(catalogue.bug.exit);
      expect(ran.all).toContain(join(disk, 'base'));
    } finally {
      await runCommand(['umount', '--lazy', disk]);
    }
  });

  test('after all of this there is no site, and nothing of one', async () => {
    expect((await statusOf(box)).sites).toEqual([]);
    expect(await readdir(join(box.folder, 'base'))).not.toContain('sites');
    expect(await readdir(join(box.folder, 'base'))).not.toContain('edge');
  });
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
}
