import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Connection } from '../../src/django/connection.ts';
import type { Override, Probe } from '../../src/django/facts.ts';
import {
  applicationVariable,
  overlayContent,
  overlayFileName,
  sitePackagesFiles,
} from '../../src/django/read/install.ts';
import { decideOverrides, type OverlayInput } from '../../src/django/overlay/overlay.ts';
import { type ProbeAnswer, readProbe } from '../../src/django/probe/probe.ts';
import { pythonFolder, scanProject } from '../../src/source/scan-project.ts';
import { run, type RunResult } from '../../src/machine/processes/run.ts';
import { oldestPython } from '../rig/pythons.ts';

/** The oldest Python that is promised, where it is here, with a Django that runs on it; and the machine's own. */
const pythons = [
  { python: 'python3', requirements: ['Django==5.2.*', 'django-configurations'] },
  ...(oldestPython === undefined
    ? []
    : [{ python: oldestPython, requirements: ['Django==4.2.*', 'django-configurations==2.5.1'] }]),
];

const settings = `
import os

print("loading the settings")
SECRET_KEY = "django-insecure-short"
DEBUG = True
ALLOWED_HOSTS = ("old.example",)
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.staticfiles"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3", "ATOMIC_REQUESTS": True}}
RQ_QUEUES = {"default": {"HOST": "localhost", "PORT": 6379, "DB": 2, "DEFAULT_TIMEOUT": 9}}
CHANNEL_LAYERS = {"default": {"BACKEND": "x", "CONFIG": {"hosts": [("127.0.0.1", 6379)]}}}
CELERY_BROKER_URL = "redis://:secret@localhost:6379/0"
STATIC_URL = "static/"
LOGGING = {"version": 1, "handlers": {"file": {"class": "logging.FileHandler", "filename": "logs/absent/x.log", "level": "ERROR"}, "console": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["file"]}}
USE_TZ = True
LOGIN_URL = os.environ.get("LOGIN", "/accounts/login/")
if os.environ.get("NEEDS"):
    os.environ["API_TOKEN"]
`;

const files: Readonly<Record<string, string>> = {
  'manage.py':
    'import os\nimport sys\n\nif __name__ == "__main__":\n    sys.path.append("extra")\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n    from django.core.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n',
  'shop/__init__.py': '',
  'shop/settings.py': settings,
  'shop/urls.py':
    'from django.http import JsonResponse\nfrom django.urls import path\n\n\ndef address(request):\n    from shop.settings import DEBUG\n\n    return JsonResponse({"address": request.META["REMOTE_ADDR"], "debug": DEBUG})\n\n\ndef fail(request, word):\n    try:\n        return {}["TIMEOUT"]\n    except KeyError as error:\n        raise ValueError("no time-out") from error\n\n\nurlpatterns = [path("healthz/", address), path("address/", address, name="address"), path("fail/<str:word>/", fail)]\n',
  'shop/wsgi.py':
    'import os\n\nfrom django.core.wsgi import get_wsgi_application\n\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\napplication = get_wsgi_application()\n',
  'shop/any_wsgi.py':
    'import os\n\nfrom django.core.wsgi import get_wsgi_application\n\nos.environ["DJANGO_SETTINGS_MODULE"] = os.environ["SETTINGS"]\napplication = get_wsgi_application()\n',
  'shop/silent.py': 'from .settings import *\n\nDEBUG = False\nALLOWED_HOSTS = ["*"]\nLOGGING = {}\n',
  'shop/loud.py':
    'from .silent import *\n\nLOGGING = {"version": 1, "disable_existing_loggers": False, "handlers": {"console": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["console"]}}\n',
  'shop/bare.py': 'from .silent import *\n\nLOGGING_CONFIG = None\n',
  'shop/classes.py':
    'from configurations import Configuration\n\n\nclass Production(Configuration):\n    SECRET_KEY = "x" * 60\n    DEBUG = True\n    INSTALLED_APPS = ["django.contrib.contenttypes"]\n    ROOT_URLCONF = "shop.urls"\n',
  'shop/broken.py': 'from .settings import *\n\nDATABASES = {\n    "default": 1\n',
};

const redis = (['broker', 'cache'] as const).map((kind, database): Connection => ({
  kind,
  protocol: 'redis',
  url: `unix:///run/x/redis.sock?db=${database}`,
  socket: '/run/x/redis.sock',
  database,
}));

describe.each(pythons)('the Python files on $python', ({ python, requirements }) => {
  const base = mkdtempSync(join(tmpdir(), 'roadie-python-'));
  const project = join(base, 'project');
  const release = join(base, 'release');
  const bin = join(release, 'venv', 'bin', 'python');
  const environment = { PATH: '/usr/bin:/bin', HOME: base, LANG: 'C.UTF-8' };
  const wanted: OverlayInput = {
    domains: ['shop.example'],
    ports: { http: 80, https: 443 },
    connections: [
      {
        kind: 'database',
        engine: 'sqlite',
        name: join(base, 'data', 'db.sqlite3'),
        user: '',
        host: '',
        port: '',
        url: '',
      },
      ...redis,
    ],
    staticRoot: join(release, 'static'),
    mediaRoot: join(base, 'data', 'media'),
    secretKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    https: true,
    owner: [],
  };

  async function ask(more: Readonly<Record<string, string>> = {}): Promise<ProbeAnswer> {
    const result = await run([bin, join(pythonFolder, 'probe.py')], {
      directory: project,
      environment: { ...environment, DJANGO_SETTINGS_MODULE: 'shop.settings', ...more },
    });
    return readProbe(result.stdout, result.stderr);
  }

  async function probe(more: Readonly<Record<string, string>> = {}): Promise<Probe> {
    const answer = await ask(more);
    if (answer.kind !== 'probe') throw new Error(JSON.stringify(answer));
    return answer.probe;
  }

  function overlay(overrides: readonly Override[], module = 'shop.settings'): void {
    writeFileSync(join(release, overlayFileName), overlayContent(module, overrides));
  }

  /** What a first look at the project makes of it. */
  async function decide(): Promise<readonly Override[]> {
    overlay([]);
    return decideOverrides(await probe(), wanted);
  }

  function python3(script: string, more: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    return run([bin, '-c', script], { directory: project, environment: { ...environment, ...more } });
  }

  beforeAll(async () => {
    mkdirSync(join(base, 'data'), { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(project, name, '..'), { recursive: true });
      writeFileSync(join(project, name), content);
    }
    for (const command of [
      [python, '-m', 'venv', join(release, 'venv')],
      [bin, '-m', 'pip', 'install', '--quiet', ...requirements],
    ] as const) {
      const made = await run([...command] as [string, ...string[]], {
        environment: { ...process.env, ...environment },
      });
      if (made.code !== 0) throw new Error(made.stderr);
    }
    const site = (await run([bin, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])).stdout.trim();
    for (const name of sitePackagesFiles) cpSync(join(pythonFolder, name), join(site, name));
  });

  afterAll(() => {
    rmSync(base, { recursive: true, force: true });
  });

  it('read a project alike, whatever the version', async () => {
    const folder = fileURLToPath(new URL('../golden/django/procfile/project', import.meta.url));
    expect(await scanProject(folder, { python })).toEqual(await scanProject(folder, { python: 'python3' }));
  });

  it('ask Django about a project that prints while it is imported', async () => {
    const found = await probe();
    expect(found).toMatchObject({
      settingsModule: 'shop.settings',
      debug: true,
      allowedHosts: ['old.example'],
      secretKeyStrength: 'weak',
      staticRoot: null,
      mediaRoot: '',
      healthPaths: ['/healthz/'],
      // Django's default, which nothing answers to here.
      loginPath: null,
      broker: 'redis://localhost:6379/0',
    });
    expect(found.redisSettings).toEqual({
      'RQ_QUEUES.default': 'redis://localhost:6379/2',
      'CHANNEL_LAYERS.default.CONFIG.hosts.0': 'redis://127.0.0.1:6379',
      CELERY_BROKER_URL: 'redis://localhost:6379/0',
    });
    expect(found.fileLogs).toEqual({ file: { class: 'logging.StreamHandler', level: 'ERROR' } });
    expect(JSON.stringify(found)).not.toContain('secret@');
  });

  it('know the page that LOGIN_URL names, as an address or by its name, where the project has it', async () => {
    for (const [url, path] of [
      ['/address/?next=/', '/address/'],
      ['address', '/address/'],
      ['https://login.example/address/', null],
      ['/nothing/', null],
    ] as const)
      expect(await probe({ LOGIN: url })).toMatchObject({ loginPath: path });
  });

  it('tell which variable is missing, and where a failure is', async () => {
    expect(await ask({ NEEDS: '1' })).toMatchObject({
      kind: 'missing',
      names: ['API_TOKEN'],
      failure: { file: 'shop/settings.py' },
    });
    expect(await ask({ DJANGO_SETTINGS_MODULE: 'shop.broken' })).toMatchObject({
      kind: 'failed',
      problem: { code: 'settings-syntax-error', where: { file: 'shop/broken.py' } },
    });
    expect(await ask({ DJANGO_SETTINGS_MODULE: 'shop.absent' })).toMatchObject({
      kind: 'failed',
      problem: { code: 'settings-failed' },
    });
  });

  it('override what differs, after which nothing differs', async () => {
    overlay(await decide());
    const after = await probe();
    expect(decideOverrides(after, wanted)).toEqual([]);
    expect(after).toMatchObject({
      debug: false,
      allowedHosts: ['old.example', 'shop.example'],
      secretKeyStrength: 'strong',
      staticRoot: wanted.staticRoot,
      mediaRoot: wanted.mediaRoot,
      databases: { default: { name: join(base, 'data', 'db.sqlite3') } },
    });
    expect(after.redisSettings).toMatchObject({
      'RQ_QUEUES.default': 'unix:///run/x/redis.sock?db=2',
      'CHANNEL_LAYERS.default.CONFIG.hosts.0': 'unix:///run/x/redis.sock?db=0',
      CELERY_BROKER_URL: 'redis+socket:///run/x/redis.sock?virtual_host=0',
    });
  });

  it('keep the settings that an override does not name', async () => {
    overlay(await decide());
    const result = await python3(
      'from shop.settings import DATABASES, RQ_QUEUES; print(DATABASES["default"]["ATOMIC_REQUESTS"], RQ_QUEUES["default"]["DEFAULT_TIMEOUT"])',
    );
    expect(result.stdout).toContain('True 9');
  });

  it('give SQLite a write-ahead log on every Django', async () => {
    overlay(await decide());
    const result = await run(
      [
        bin,
        'manage.py',
        'shell',
        '-c',
        'from django.db import connection as c; r = c.cursor(); r.execute("PRAGMA journal_mode"); print(r.fetchone())',
      ],
      { directory: project, environment },
    );
    expect(result.stdout).toContain("('wal',)");
    expect(result.stderr).toBe('');
  });

  it("reach a wsgi.py that sets the module itself, and tell Django the visitor's address and scheme", async () => {
    overlay([...(await decide()), { setting: 'ALLOWED_HOSTS', value: ['*'], because: '' }]);
    const script = `
from wsgiref.util import setup_testing_defaults
from roadie_wsgi import application
environ = {"PATH_INFO": "/address/", "HTTP_X_REAL_IP": "192.0.2.7", "REMOTE_ADDR": "", "wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "https"}
setup_testing_defaults(environ)
print(b"".join(application(environ, lambda status, headers: None)).decode())
`;
    const result = await python3(script, { [applicationVariable]: 'shop.wsgi:application' });
    expect(result.stdout).toContain('{"address": "192.0.2.7", "debug": false}');
  });

  /** Asks a view that fails, some times in one process; answers what stands on standard error. */
  async function failing(settingsModule: string, times = 1): Promise<string> {
    const script = `
from wsgiref.util import setup_testing_defaults
from roadie_wsgi import application
for _ in range(${times}):
    environ = {"PATH_INFO": "/fail/a\\nb/", "QUERY_STRING": "token=s3cret", "HTTP_X_REQUEST_ID": "4711", "wsgi.url_scheme": "https"}
    setup_testing_defaults(environ)
    application(environ, lambda status, headers: print(status))
`;
    const result = await python3(script, {
      [applicationVariable]: 'shop.any_wsgi:application',
      SETTINGS: settingsModule,
    });
    expect(result.stdout.match(/500 Internal Server Error/g)).toHaveLength(times);
    expect(result.stderr).not.toContain('s3cret');
    return result.stderr;
  }
  const count = (text: string, part: string): number => text.split(part).length - 1;
  const failed = 'ERROR GET /fail/a%0Ab/ 500 request=4711 release=release ValueError: no time-out at shop/urls.py:15\n';

  it('write the traceback of a request that fails, with its causes, where the project logs none', async () => {
    overlay([]);
    const written = await failing('shop.silent', 7);
    expect(written.startsWith(`${failed}Traceback (most recent call last):\n`)).toBe(true);
    // After five of the same place a line each.
    expect(count(written, failed)).toBe(7);
    expect(count(written, "KeyError: 'TIMEOUT'")).toBe(5);
    expect(count(written, 'Traceback (most recent call last):')).toBe(10);
  });

  it.each(['loud', 'bare'])(
    "leave the traceback to the project's own logging where that writes it: %s",
    async (name) => {
      overlay([]);
      const written = await failing(`shop.${name}`);
      expect(written.startsWith(failed)).toBe(true);
      expect(count(written, "KeyError: 'TIMEOUT'")).toBe(1);
      expect(count(written, 'Traceback (most recent call last):')).toBe(2);
    },
  );

  it('write no more of a storm of failures than a bound, and how many there were', async () => {
    const script = `
import json, roadie_errors
lines, now, due = [], [0.0], []
reporter = roadie_errors.Reporter(lines.append, lambda: now[0], lambda seconds, act: due.append((seconds, act)))
def raise_at(number, words):
    try: exec(compile("\\n" * number + "raise ValueError(words)", "/x/storm.py", "exec"), {"words": words})
    except ValueError as error: reporter.report("GET / 500 request=- release=1", error)
for _ in range(2000): raise_at(0, "x" * 100000)
one = [len(lines), sum("Traceback" in line for line in lines), max(map(len, lines)) < 20000]
for number in range(1000): raise_at(number, "y")
many = len(lines)
seconds, act = due[0]
now[0] = seconds
act()
told = [line.split(" ", 2)[2] for line in lines[many:]]
raise_at(0, "a\\nERROR GET / 500 request=1 release=1 X at y.py:1")
print(json.dumps([one, many, len(due), told, [line for line in lines[-1].split("\\n") if line.startswith("ERROR ")]]))
`;
    const lines = 25 + 99 + 25;
    expect(JSON.parse((await python3(script)).stdout)).toEqual([
      [25, 5, true],
      lines,
      1,
      [
        'ValueError at /x/storm.py:1: 1976 times more within a minute\n',
        'failures at other places: 875 times more within a minute\n',
      ],
      ['ERROR GET / 500 request=- release=1 ValueError: a at /x/storm.py:1'],
    ]);
  });

  it('override settings that are a class', async () => {
    overlay(
      [
        { setting: 'DEBUG', value: false, because: '' },
        {
          setting: 'DATABASES.default',
          value: { merge: { ENGINE: 'django.db.backends.sqlite3', NAME: 'x' } },
          because: '',
        },
      ],
      'shop.classes',
    );
    const script =
      'import configurations; configurations.setup(); from django.conf import settings as s; print(s.DEBUG, s.DATABASES["default"]["NAME"], s.ROOT_URLCONF)';
    const result = await python3(script, {
      DJANGO_SETTINGS_MODULE: 'shop.classes',
      DJANGO_CONFIGURATION: 'Production',
    });
    expect(result.stdout).toContain('False x shop.urls');
  });

  it('append to lists and reach into them', async () => {
    overlay([
      { setting: 'ALLOWED_HOSTS', value: { append: ['old.example', 'new.example'] }, because: '' },
      { setting: 'STATICFILES_DIRS', value: { append: [['a', '/b']] }, because: '' },
    ]);
    const result = await python3('from shop.settings import *; print(ALLOWED_HOSTS, STATICFILES_DIRS)');
    expect(result.stdout).toContain("['old.example', 'new.example'] [['a', '/b']]");
  });

  it('never stop a program that has nothing to do with Django', async () => {
    rmSync(join(release, overlayFileName), { force: true });
    expect(await python3('print(1)')).toMatchObject({ code: 0, stdout: '1\n', stderr: '' });
    writeFileSync(join(release, overlayFileName), '{"overrides": [');
    expect(await python3('print(1)')).toMatchObject({
      code: 0,
      stdout: '1\n',
      stderr: expect.stringContaining('roadie overlay: cannot read') as unknown,
    });
    writeFileSync(
      join(release, overlayFileName),
      JSON.stringify({
        version: 1,
        settings: 'json',
        overrides: [{ path: ['X', '0', 'Y'], value: 1 }, { path: ['DEBUG'] }],
      }),
    );
    expect(await python3('import json; print(json.dumps(1))')).toMatchObject({ code: 0, stdout: '1\n' });
  });
});
