import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import type { ReleaseRecord } from '../../src/sites/record.ts';
import type { Place } from '../../src/components/place.ts';
import type { NewEvent } from '../../src/contract/events.ts';
import type { Connection } from '../../src/django/connection.ts';
import type { Facts } from '../../src/django/facts.ts';
import { findPythons } from '../../src/machine/packages/programs.ts';
import { isRoot } from '../../src/machine/system.ts';
import { endUser } from '../../src/machine/processes/end-user.ts';
import { systemUserName } from '../../src/machine/users/user-names.ts';
import { ensureSystemUser, removeSystemUser } from '../../src/machine/users/users.ts';
import { placeUsers, siteGroup } from '../../src/targets/machine/place.ts';
import { must, type Problem, ProblemError } from '../../src/problems/problem.ts';
import { fingerprint } from '../../src/build/fingerprint.ts';
import { buildRelease, pythonFilesHash } from '../../src/build/build.ts';
import type { BuildSurroundings, BuildInput } from '../../src/build/input.ts';
import { choosePython } from '../../src/build/python.ts';
import { lendUv } from '../rig/lend-uv.ts';
import { resolveSource } from '../../src/source/source.ts';

/** A small Django project as `startproject` writes it, with an application of its own. */
export const projectFiles: Readonly<Record<string, string>> = {
  'requirements.txt': 'Django>=5.2,<5.3\n',
  'manage.py':
    "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
  'shop/__init__.py': '',
  'shop/settings.py': `from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = 'django-insecure-test'
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'django.contrib.sessions', 'django.contrib.messages', 'django.contrib.admin', 'django.contrib.staticfiles', 'goods']
MIDDLEWARE = ['django.middleware.security.SecurityMiddleware', 'django.contrib.sessions.middleware.SessionMiddleware', 'django.middleware.common.CommonMiddleware', 'django.contrib.auth.middleware.AuthenticationMiddleware', 'django.contrib.messages.middleware.MessageMiddleware']
ROOT_URLCONF = 'shop.urls'
WSGI_APPLICATION = 'shop.wsgi.application'
TEMPLATES = [{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': ['django.template.context_processors.request', 'django.contrib.auth.context_processors.auth', 'django.contrib.messages.context_processors.messages']}}]
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}
CACHES = {'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'cache_rows'}}
STATIC_URL = 'static/'
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
`,
  'shop/urls.py':
    "from django.http import HttpResponse\nfrom django.urls import path\nurlpatterns = [path('', lambda request: HttpResponse('hello'))]\n",
  'shop/wsgi.py':
    "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
  'goods/__init__.py': '',
  'goods/models.py':
    'from django.db import models\n\n\nclass Thing(models.Model):\n    name = models.CharField(max_length=50)\n',
  'goods/migrations/__init__.py': '',
  'goods/migrations/0001_initial.py': `from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.CreateModel('Thing', [('id', models.BigAutoField(primary_key=True)), ('name', models.CharField(max_length=50))])]
`,
  'goods/static/goods/site.css': '.thing { color: #123456; margin: 0 auto; }\n'.repeat(100),
};

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

const because = { says: 'the test says so' };

/** What reading {@link projectFiles} would tell. */
function factsOf(more: Partial<Facts> = {}): Facts {
  return {
    root: { value: '.', because },
    settingsModule: { value: 'shop.settings', because },
    application: { value: { kind: 'wsgi', module: 'shop.wsgi', name: 'application' }, because },
    python: { value: { requires: '' }, because },
    dependencies: { value: { kind: 'requirements', files: ['requirements.txt'] }, because },
    requirements: [],
    installedApps: [],
    database: { value: 'sqlite', because },
    cache: { value: 'none', because },
    redis: { value: false, because },
    workers: [],
    environment: [],
    systemPackages: [],
    releaseCommands: [],
    notes: [],
    ...more,
  };
}

/** Folders, users and secrets of a site in a temporary folder. With root it has system users of its own, which {@link closeBase} removes. */
export async function makePlace(base: string): Promise<Place> {
  const folder = join(base, 'sites', 'shop');
  const made = await Promise.all(
    userNamesOf(base).map(async (name) => [name, await ensureSystemUser(name, folder)] as const),
  );
  const users = placeUsers({
    base,
    site: 'shop',
    home: folder,
    isRoot: isRoot(),
    current: 'me',
    known: new Map(made),
    // The site's own group stands in for the one of what NGINX may read.
    groups: new Map(made.slice(0, 1).map(([, { gid }]) => [siteGroup(base, 'shop'), gid])),
    components: [],
  });
  const run = join(base, 'run');
  const folders = {
    site: folder,
    releases: join(folder, 'releases'),
    config: join(folder, 'config'),
    data: join(folder, 'data'),
    media: join(folder, 'data', 'media'),
    files: join(folder, 'data', 'files'),
    own: join(folder, 'data', 'own'),
    logs: join(folder, 'logs'),
    backups: join(folder, 'backups'),
    cache: join(base, 'cache'),
    build: join(folder, 'build'),
    checkouts: join(folder, 'checkouts'),
    run,
    edge: join(base, 'edge'),
    edgeRun: run,
  };
  return {
    site: 'shop',
    domains: ['shop.localhost'],
    ports: { http: 8080, https: 8443 },
    folders,
    webSocket: join(run, 'web.sock'),
    users,
    machine: { cores: 2, memoryBytes: 2 ** 31, programs: {}, installed: {} },
    secrets: { 'secret-key': 'x9'.repeat(32) },
  };
}

export type Order = {
  readonly base: string;
  readonly source: string;
  readonly facts?: Partial<Facts>;
  readonly owner?: Readonly<Record<string, string>>;
  readonly additions?: readonly string[];
  readonly previous?: BuildInput['previous'];
};

/** Everything that `buildRelease` is given, for a source. */
export async function makeInput(order: Order): Promise<BuildInput> {
  const place = await makePlace(order.base);
  const resolved = await resolveSource({ source: order.source, checkouts: join(order.base, 'checkouts') });
  const facts = factsOf(order.facts);
  const connections: readonly Connection[] = [
    {
      kind: 'database',
      engine: 'sqlite',
      name: join(place.folders.data, 'sqlite', 'db.sqlite3'),
      user: '',
      host: '',
      port: '',
      url: `sqlite:///${join(place.folders.data, 'sqlite', 'db.sqlite3')}`,
    },
  ];
  const blueprint: Blueprint = {
    site: 'shop',
    source: resolved.source,
    facts,
    dependencies: facts.dependencies.value,
    components: [],
    pythonAdditions: (order.additions ?? []).map((requirement) => ({ requirement, because: 'the test says so' })),
    ownerEnvironment: order.owner ?? {},
    healthPath: '/',
    uploadLimitMb: 10,
  };
  const pythons = join(order.base, 'tools', 'pythons');
  const python = must(choosePython(facts.python.value, { found: await findPythons(pythons), pythons }));
  return {
    blueprint,
    place,
    connections,
    python,
    sourceFolder: resolved.folder,
    fingerprint: fingerprint({ blueprint, place, connections, python, pythonFiles: await pythonFilesHash() }),
    ...(order.previous && { previous: order.previous }),
  };
}

/** The surroundings of a build, with a listener for its events. */
export function makeSurroundings(base: string, emit: BuildSurroundings['emit']): BuildSurroundings {
  return { job: 'test', emit, now: () => new Date(), tools: join(base, 'tools'), network: {} };
}

/** What the tests add to the virtualenv, as Roadie does where nothing is declared. */
export const additions: readonly string[] = ['gunicorn>=23'];

/** A new temporary folder with the folders of a site in it; remove it in the end. */
export async function prepareBase(): Promise<string> {
  const base = mkdtempSync(join(tmpdir(), 'roadie-release-'));
  chmodSync(base, 0o755);
  const { folders, users } = await makePlace(base);
  for (const folder of [folders.releases, folders.logs, folders.data]) mkdirSync(folder, { recursive: true });
  for (const [folder, mode] of [
    [folders.cache, 0o750],
    [folders.media, 0o750],
    [folders.files, 0o750],
    [join(folders.data, 'sqlite'), 0o2770],
  ] as const) {
    mkdirSync(folder, { recursive: true });
    if (users.site) chownSync(folder, users.site.uid, users.site.gid);
    chmodSync(folder, mode);
  }
  const database = join(folders.data, 'sqlite', 'db.sqlite3');
  writeFileSync(database, '');
  chmodSync(database, 0o660);
  if (users.site) chownSync(database, users.site.uid, users.site.gid);
  mkdirSync(folders.build, { recursive: true });
  if (users.build) chownSync(folders.build, users.build.uid, users.build.gid);
  await lendUv(base);
  return base;
}

/** Takes away what {@link prepareBase} has made, users and all. */
export async function closeBase(base: string): Promise<void> {
  const { users } = await makePlace(base);
  for (const user of [users.site, users.build]) {
    if (!user) continue;
    await endUser(user);
    await removeSystemUser(user.name);
  }
  rmSync(base, { recursive: true, force: true });
}

function userNamesOf(base: string): readonly string[] {
  return isRoot() ? [systemUserName(base, 'shop'), systemUserName(base, 'shop', 'build')] : [];
}

/** Builds a release and collects its events. */
export async function buildOrder(
  order: Order,
): Promise<{ readonly record: ReleaseRecord; readonly events: readonly NewEvent[] }> {
  const events: NewEvent[] = [];
  const record = await buildRelease(
    await makeInput(order),
    makeSurroundings(order.base, (event) => events.push(event)),
  );
  return { record, events };
}

/** The problem that ends some work, which must not end well. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error(`expected a problem, got ${String(error)}`);
  return error.problems[0];
}

/** A copy of {@link projectFiles} with some files changed. */
export function variantOf(base: string, name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(base, name);
  writeFiles(folder, { ...projectFiles, ...files });
  return folder;
}
