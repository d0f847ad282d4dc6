import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ReleaseRecord } from '../../src/sites/record.ts';
import type { NewEvent } from '../../src/contract/events.ts';
import type { DependencySource } from '../../src/django/facts.ts';
import { isRoot } from '../../src/machine/system.ts';
import { buildContext, buildSteps } from '../../src/build/build.ts';
import { pruneReleases, readRelease, tidyReleases } from '../../src/sites/releases.ts';
import { compareFingerprints } from '../../src/build/fingerprint.ts';
import { runSteps } from '../../src/build/step.ts';
import {
  additions,
  buildOrder,
  makeSurroundings,
  makeInput,
  makePlace,
  type Order,
  closeBase,
  prepareBase,
  problemOf,
  projectFiles,
  variantOf,
  writeFiles,
} from './release-rig.ts';

let base: string;
let releases: string;
let project: string;

beforeAll(async () => {
  base = await prepareBase();
  releases = (await makePlace(base)).folders.releases;
  project = join(base, 'project');
  writeFiles(project, projectFiles);
});

afterAll(() => closeBase(base));

const build = (order: Partial<Order> = {}) => buildOrder({ base, source: project, additions, ...order });

const outcomes = (events: readonly NewEvent[]): Record<string, string> =>
  Object.fromEntries(events.flatMap((event) => (event.type === 'step-finished' ? [[event.step, event.outcome]] : [])));
const variant = (name: string, files: Readonly<Record<string, string>>): string => variantOf(base, name, files);

describe('a build', () => {
  let first: ReleaseRecord;

  it('makes a release that Django, NGINX and the daemon can use as it is', async () => {
    const { record, events } = await build();
    first = record;
    expect(outcomes(events)).toMatchObject({
      code: 'done',
      requirements: 'done',
      additions: 'done',
      migrate: 'done',
      'cache-table': 'done',
      static: 'done',
      compress: 'done',
      record: 'done',
    });
    expect(record.probe).toMatchObject({
      debug: false,
      allowedHosts: ['shop.localhost'],
      staticRoot: join(record.folder, 'static'),
    });
    expect(record.static).toEqual({ url: '/static/', folder: join(record.folder, 'static') });
    expect(Object.keys(record.probe.distributions)).toEqual(expect.arrayContaining(['django', 'gunicorn']));
    expect(await readRelease(releases, record.id)).toEqual(record);
    const answer = execFileSync(
      join(record.bin, 'python'),
      [
        '-c',
        "from shop.wsgi import application\nfrom django.test import Client\nprint(Client().get('/', secure=True, headers={'host': 'shop.localhost'}).content.decode())",
      ],
      { cwd: record.root, env: { PATH: '/usr/bin:/bin', ...record.environment } },
    );
    expect(answer.toString()).toBe('hello\n');
    const script = execFileSync(join(record.bin, 'gunicorn'), ['--version'], { cwd: '/' });
    expect(script.toString()).toContain('gunicorn');
  });

  it('compresses what is worth it, with the bytes of the original', () => {
    const css = join(first.folder, 'static/goods/site.css');
    const original = readFileSync(css);
    expect(gunzipSync(readFileSync(`${css}.gz`)).equals(original)).toBe(true);
    expect(brotliDecompressSync(readFileSync(`${css}.br`)).equals(original)).toBe(true);
    expect(statSync(`${css}.br`).mtimeMs).toBeCloseTo(statSync(css).mtimeMs, -1);
  });

  it.runIf(isRoot())('gives the release to root, and the site only the right to read', () => {
    for (const path of [
      'code/manage.py',
      'venv/bin/gunicorn',
      'overlay.json',
      'static/goods/site.css',
      'release.json',
    ]) {
      const found = statSync(join(first.folder, path));
      expect([path, found.uid, found.mode & 0o022]).toEqual([path, 0, 0]);
    }
    expect(statSync(join(first.folder, 'release.json')).mode & 0o077).toBe(0);
    // NGINX and the site read static files through a group.
    expect(statSync(join(first.folder, 'static/goods/site.css')).mode & 0o047).toBe(0o040);
    expect(statSync(join(first.folder, 'static/goods')).mode & 0o057).toBe(0o050);
    expect(statSync(join(first.folder, 'overlay.json')).mode & 0o007).toBe(0);
  });

  it("tells no secret: not in the record's overrides, not in the log, not in the events", async () => {
    const { place } = await makeInput({ base, source: project });
    const secret = place.secrets['secret-key'] ?? 'none';
    expect(readFileSync(join(first.folder, 'overlay.json'), 'utf8')).toContain(secret);
    expect(JSON.stringify(first.overrides)).not.toContain(secret);
    expect(readFileSync(join(place.folders.logs, `build-${first.id}.log`), 'utf8')).not.toContain(secret);
  });

  it('uses virtualenv and compressed files again where only a line of code changed', async () => {
    writeFiles(project, { 'goods/prices.py': 'VAT = 0.2\n' });
    const { record, events } = await build({ previous: first });
    expect(compareFingerprints(first.fingerprint, record.fingerprint)).toBe('build');
    expect(outcomes(events)).toMatchObject({
      virtualenv: 'skipped',
      requirements: 'skipped',
      additions: 'skipped',
      static: 'skipped',
      compress: 'skipped',
      migrate: 'skipped',
    });
    expect(statSync(join(record.bin, 'gunicorn')).ino).toBe(statSync(join(first.bin, 'gunicorn')).ino);
    expect(statSync(join(record.folder, 'static/goods/site.css.br')).ino).toBe(
      statSync(join(first.folder, 'static/goods/site.css.br')).ino,
    );
    const used = execFileSync(
      join(record.bin, 'python'),
      [
        '-c',
        'import sys, django; print(sys.prefix); import goods.prices; from django.conf import settings; print(settings.STATIC_ROOT)',
      ],
      { cwd: record.root, env: { PATH: '/usr/bin:/bin', ...record.environment } },
    );
    expect(used.toString()).toBe(`${join(record.folder, 'venv')}\n${join(record.folder, 'static')}\n`);
    first = record;
  });

  it('collects static files anew where one of their sources changed, and only then', async () => {
    const path = 'goods/static/goods/site.css';
    const before = readFileSync(join(project, path), 'utf8');
    writeFiles(project, { [path]: `${before}\nh6 { color: teal }\n` });
    const { record, events } = await build({ previous: first });
    expect(outcomes(events)).toMatchObject({ static: 'done', compress: 'done', migrate: 'skipped' });
    expect(readFileSync(join(record.folder, 'static/goods/site.css'), 'utf8')).toContain('teal');
    writeFiles(project, { [path]: before });
    rmSync(record.folder, { recursive: true });
  });

  it('uses code, virtualenv and static files again where only the environment changed', async () => {
    const { record, events } = await build({ previous: first, owner: { GREETING: 'hi' } });
    expect(compareFingerprints(first.fingerprint, record.fingerprint)).toBe('environment');
    expect(record.environment).toMatchObject({ GREETING: 'hi' });
    expect(outcomes(events)).toMatchObject({ virtualenv: 'skipped', static: 'skipped', compress: 'skipped' });
    expect(record.static).toEqual({ url: '/static/', folder: join(record.folder, 'static') });
  });

  it('keeps the newest releases and the named ones when it prunes', async () => {
    const ids = readdirSync(releases).toSorted();
    expect(await pruneReleases(releases, 1, [ids[0] ?? ''])).toEqual(ids.slice(1, -1).toReversed());
    expect(readdirSync(releases).toSorted()).toEqual([ids[0], ids.at(-1)]);
  });
});

describe('dependencies that are declared', () => {
  const pyproject =
    '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["asgiref>=3.8"]\n[dependency-groups]\ndev = ["pytest"]\nprod = ["sqlparse"]\n';
  const uvLock = (): string => {
    const folder = variant('to-lock', { 'pyproject.toml': pyproject });
    const uv = join(base, 'tools', readdirSync(join(base, 'tools')).find((name) => name.startsWith('uv-')) ?? '', 'uv');
    execFileSync(uv, ['lock', '--quiet', '--project', folder], {
      env: { PATH: '/usr/bin:/bin', UV_SYSTEM_CERTS: '1', UV_CACHE_DIR: join(base, 'lock-cache') },
    });
    return readFileSync(join(folder, 'uv.lock'), 'utf8');
  };
  const poetryProject =
    '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.10"\nasgiref = "^3.8"\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n';
  const poetryLock =
    '[[package]]\nname = "asgiref"\nversion = "3.8.1"\n[[package]]\nname = "pytest"\nversion = "8.0.0"\n';
  const pipfileLock = JSON.stringify({
    default: {
      asgiref: {
        version: '==3.8.1',
        hashes: [
          'sha256:3e1e3ecc849832fe52ccf2cb6686b7a55f82bb1d6aee72a58826471390335e47',
          'sha256:c343bd80a0bec947a9860adb4c432ffa7db769836c64238fc34bdc3fec84d590',
        ],
        markers: "python_version >= '3.8'",
      },
    },
    develop: { pytest: { version: '==8.0' } },
  });
  const setup =
    "from setuptools import setup\nsetup(name='shop', version='1', install_requires=['asgiref==3.8.1'], packages=[])\n";

  it.each<[DependencySource, () => Readonly<Record<string, string>>, readonly string[]]>([
    [
      { kind: 'uv-lock', file: 'uv.lock', groups: ['prod'] },
      () => ({ 'pyproject.toml': pyproject, 'uv.lock': uvLock() }),
      ['asgiref', 'sqlparse'],
    ],
    [{ kind: 'pyproject', file: 'pyproject.toml', groups: [] }, () => ({ 'pyproject.toml': pyproject }), ['asgiref']],
    [
      { kind: 'poetry-lock', file: 'poetry.lock', groups: [] },
      () => ({ 'pyproject.toml': poetryProject, 'poetry.lock': poetryLock }),
      ['asgiref'],
    ],
    [{ kind: 'pipfile-lock', file: 'Pipfile.lock', groups: [] }, () => ({ 'Pipfile.lock': pipfileLock }), ['asgiref']],
    [{ kind: 'setup', file: 'setup.py', groups: [] }, () => ({ 'setup.py': setup }), ['asgiref']],
  ])('as %o are installed, and those for developers are not', async (dependencies, files, expected) => {
    const input = await makeInput({
      base,
      source: variant(`by-${dependencies.kind}`, files()),
      facts: { dependencies: { value: dependencies, because: { says: 'the test says so' } } },
    });
    const context = buildContext(
      input,
      makeSurroundings(base, () => undefined),
      '20000101-000000-0000000',
    );
    const last = buildSteps.findIndex(({ name }) => name === 'requirements');
    await runSteps(buildSteps.slice(0, last + 1), context, { job: 'test', emit: () => undefined });
    const [library = ''] = readdirSync(join(context.paths.virtualenv, 'lib'));
    const installed = readdirSync(join(context.paths.virtualenv, 'lib', library, 'site-packages')).flatMap(
      (name) => /^([a-z]+)-[\d.]+\.dist-info$/.exec(name)?.[1] ?? [],
    );
    rmSync(context.paths.folder, { recursive: true });
    expect(installed.filter((name) => !name.startsWith('typing'))).toEqual(expected);
  });
});

describe('a build that fails', () => {
  const before = (): readonly string[] => readdirSync(releases).toSorted();

  it("gives the resolver's own words for a requirement that nobody can meet, and leaves nothing", async () => {
    const kept = before();
    const problem = await problemOf(
      build({ source: variant('unresolvable', { 'requirements.txt': 'Django>=5.2,<5.3\nsqlparse==99.0\n' }) }),
    );
    expect(problem).toMatchObject({ code: 'dependencies-unresolvable' });
    expect(problem.detail).toContain('sqlparse==99.0');
    expect(problem.detail).not.toContain('Resolved');
    expect(before()).toEqual(kept);
  });

  it('names all missing variables at once', async () => {
    const settings = `import os\nAPI_KEY = os.environ['API_KEY']\nif not os.environ.get('SHOP_ID'):\n    raise RuntimeError('Set the SHOP_ID environment variable')\n${projectFiles['shop/settings.py'] ?? ''}`;
    const problem = await problemOf(build({ source: variant('missing', { 'shop/settings.py': settings }) }));
    expect(problem.code).toBe('missing-variables');
    expect(problem.cure[0]).toBe('$ roadie env set shop API_KEY=… SHOP_ID=…');
  });

  it("gives Django's words where its checks find errors", async () => {
    const models =
      "from django.db import models\n\n\nclass Thing(models.Model):\n    name = models.CharField(max_length='no')\n";
    const problem = await problemOf(build({ source: variant('checks', { 'goods/models.py': models }) }));
    expect(problem.code).toBe('checks-failed');
    expect(problem.detail).toContain('fields.E121');
  });

  it('names the migration that failed and keeps releases and rows as they were', async () => {
    const kept = before();
    const migration =
      "from django.db import migrations\n\n\ndef boom(apps, editor):\n    raise ValueError('no such thing')\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('goods', '0001_initial')]\n    operations = [migrations.RunPython(boom)]\n";
    const problem = await problemOf(
      build({ source: variant('migration', { 'goods/migrations/0002_boom.py': migration }) }),
    );
    expect(problem).toMatchObject({ code: 'migration-failed', summary: 'The migration goods.0002_boom failed' });
    expect(problem.detail).toContain('ValueError: no such thing');
    expect(before()).toEqual(kept);
    const newest = await readRelease(releases, kept.at(-1) ?? '');
    const listed = execFileSync(join(newest?.bin ?? '', 'python'), ['manage.py', 'showmigrations', 'goods'], {
      cwd: newest?.root,
      env: { PATH: '/usr/bin:/bin', ...newest?.environment },
    });
    expect(listed.toString()).toContain('[X] 0001_initial');
  });

  it('says what collectstatic misses', async () => {
    const settings = `${projectFiles['shop/settings.py'] ?? ''}\nSTORAGES = {'default': {'BACKEND': 'django.core.files.storage.FileSystemStorage'}, 'staticfiles': {'BACKEND': 'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}\n`;
    const problem = await problemOf(
      build({
        source: variant('static', {
          'shop/settings.py': settings,
          'goods/static/goods/site.css': 'a { background: url("gone.png") }\n',
        }),
      }),
    );
    expect(problem.code).toBe('static-failed');
    expect(problem.summary).toContain('gone.png');
  });
});

describe('a build that is killed', () => {
  it.each(['code', 'requirements', 'seal', 'overlay', 'static', 'migrate', 'record'])(
    'in the step %s is tidied up and repeated by the next',
    async (step) => {
      const kept = readdirSync(releases).toSorted();
      // A virtualenv of its own only where that is what is cut short: the others take over the first one's.
      const requirements = ['requirements', 'seal'].includes(step)
        ? `Django>=5.2,<5.3 # ${step}\n`
        : (projectFiles['requirements.txt'] ?? '');
      const source = variant(`killed-${step}`, {
        'goods/step.py': `STEP = '${step}'\n`,
        'requirements.txt': requirements,
      });
      const order: Order = { base, source, additions };
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('release-child.ts', import.meta.url)), JSON.stringify(order)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      for await (const line of createInterface({ input: child.stdout })) {
        const event = JSON.parse(line) as NewEvent;
        if (event.type === 'step-started' && event.step === step) child.kill('SIGKILL');
      }
      expect(await ended).toBe('SIGKILL');
      const { record } = await build({ source });
      expect(readdirSync(releases).toSorted()).toEqual([...kept, record.id].toSorted());
      expect(existsSync(join(record.folder, 'release.json'))).toBe(true);
      rmSync(record.folder, { recursive: true });
    },
  );
});

describe('a job that is killed', () => {
  it('takes the migration that it was running along, so that no two run at once', async () => {
    const { folders } = await makePlace(base);
    const witness = join(folders.data, 'sqlite', 'pid');
    const migration = `import os, pathlib, time\nfrom django.db import migrations\n\n\ndef wait(apps, editor):\n    pathlib.Path('${witness}.new').write_text(str(os.getpid()))\n    os.rename('${witness}.new', '${witness}')\n    time.sleep(600)\n\n\nclass Migration(migrations.Migration):\n    dependencies = [('goods', '0001_initial')]\n    operations = [migrations.RunPython(wait)]\n`;
    const order: Order = {
      base,
      source: variant('waiting', { 'goods/migrations/0002_wait.py': migration }),
      additions,
    };
    const written = new Promise<void>((resolve) => {
      const watcher = watch(join(folders.data, 'sqlite'), (_, name) => {
        if (name !== 'pid') return;
        watcher.close();
        resolve();
      });
    });
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('release-child.ts', import.meta.url)), JSON.stringify(order)],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    await written;
    const pid = Number(readFileSync(witness, 'utf8'));
    process.kill(pid, 0);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 20_000 });
    const left = await tidyReleases(releases);
    expect(left).toHaveLength(1);
  });
});
