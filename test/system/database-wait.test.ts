import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { overlayContent, overlayFileName, sitePackagesFiles } from '../../src/django/read/install.ts';
import { run } from '../../src/machine/processes/run.ts';
import { pythonFolder } from '../../src/source/scan-project.ts';
import { oldestPython } from '../rig/pythons.ts';

/** The oldest Python and Django that are promised, where that Python is here; and the machine's own. */
const pythons = [
  { python: 'python3', requirement: 'Django==5.2.*' },
  ...(oldestPython === undefined ? [] : [{ python: oldestPython, requirement: 'Django==3.2.*' }]),
];

const starting = 'FATAL:  the database system is starting up';

/** What every script begins with: Django with the flaky backend, as any program of the site has it. */
const prelude = `
import errno, os, time
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "flaky", "NAME": ":memory:"}})
import django
django.setup()
from django.db import OperationalError, close_old_connections, connection, transaction
from flaky.base import connects, ends, refusals

def ask(sql="SELECT 1"):
    with connection.cursor() as cursor:
        cursor.execute(sql)

def outcome(work, *words):
    try:
        work(*words)
        return "fine"
    except Exception as error:
        return type(error).__name__
`;

describe.each(pythons)('a database connection on $python with $requirement', ({ python, requirement }) => {
  const release = mkdtempSync(join(tmpdir(), 'roadie-wait-'));
  const bin = join(release, 'venv/bin/python');

  beforeAll(async () => {
    mkdirSync(join(release, 'flaky'));
    writeFileSync(join(release, 'flaky/__init__.py'), '');
    const backend = readFileSync(new URL('../rig/flaky-backend.py', import.meta.url), 'utf8');
    writeFileSync(join(release, 'flaky/base.py'), backend);
    for (const command of [
      [python, '-m', 'venv', join(release, 'venv')],
      [bin, '-m', 'pip', 'install', '--quiet', requirement],
    ] as const) {
      const made = await run([...command], { environment: { ...process.env, PATH: '/usr/bin:/bin', HOME: release } });
      if (made.code !== 0) throw new Error(made.stderr);
    }
    const found = await run([bin, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    for (const name of sitePackagesFiles) cpSync(join(pythonFolder, name), join(found.stdout.trim(), name));
  });

  afterAll(() => rmSync(release, { recursive: true, force: true }));

  /** What a script prints after the prelude; `wait` is the owner's, in seconds. */
  async function says(script: string, wait = 10): Promise<string> {
    writeFileSync(join(release, overlayFileName), overlayContent('shop.settings', [], { databaseWaitSeconds: wait }));
    const ran = await run([bin, '-c', `${prelude}${script}`], {
      directory: release,
      environment: { PATH: '/usr/bin:/bin', HOME: release, LANG: 'C.UTF-8', PYTHONPATH: release },
    });
    if (ran.code !== 0 || ran.stderr !== '') throw new Error(ran.stderr);
    return ran.stdout.trim();
  }

  it('is tried again while the server starts, stops, or is not there', async () => {
    const script = `
refusals += [${JSON.stringify(starting)}, "the database system is shutting down", os.strerror(errno.ECONNREFUSED), os.strerror(errno.ENOENT)]
print(outcome(ask), connects[0])
`;
    expect(await says(script)).toBe('fine 5');
    expect(await says(script, 0)).toBe('OperationalError 1');
  });

  it('is not tried again where the server is there and refuses it', async () => {
    expect(
      await says(`
refusals += ['password authentication failed for user "shop"', None]
print(outcome(ask), connects[0])
`),
    ).toBe('OperationalError 1');
  });

  it('is waited for once in an outage that does not end, not by every request', async () => {
    expect(
      await says(
        `
refusals += [${JSON.stringify(starting)}, None]
print(outcome(ask), connects[0] > 1)
connects[0] = 0
print(outcome(ask), connects[0])
refusals.clear()
print(outcome(ask))
connection.close()
refusals += [${JSON.stringify(starting)}]
print(outcome(ask))
`,
        0.2,
      ),
    ).toBe('OperationalError True\nOperationalError 1\nfine\nfine');
  });

  it('is replaced where the server has ended it, before the next statement is sent', async () => {
    expect(
      await says(`
ask()
ask("SELECT 2")
print(connects[0])
ends[-1].close()
ask()
print(connects[0])
ends[-1].close()
with transaction.atomic():
    ask()
print(connects[0])
`),
    ).toBe('1\n2\n3');
  });

  it('is kept from request to request, and under ASGI, where each has a thread of its own, ends with it', async () => {
    expect(
      await says(`
import asyncio, types, sys
from django.http import HttpResponse
from django.urls import path

connection.settings_dict.update(NAME="shop.sqlite3", CONN_MAX_AGE=60)
settings.ALLOWED_HOSTS = ["*"]
settings.ROOT_URLCONF = types.ModuleType("urls")

def view(request):
    ask()
    return HttpResponse("fine")

settings.ROOT_URLCONF.urlpatterns = [path("", view)]

def open_ones():
    def gone(end):
        end.setblocking(False)
        try:
            return end.recv(1) == b""
        except BlockingIOError:
            return False
    return sum(not gone(end) for end in ends)

from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
for _ in range(3):
    response = WSGIHandler()(RequestFactory().get("/").environ, lambda status, headers: None)
    response.close()
print(connects[0], open_ones())

from django.core.handlers.asgi import ASGIHandler
async def visit(answers):
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "http_version": "1.1", "server": ("shop", 80)}
    asked = [{"type": "http.request", "body": b"", "more_body": False}]
    async def receive():
        if asked:
            return asked.pop()
        await asyncio.sleep(3600)
    async def send(message):
        answers.append(message.get("status") or message["body"])
    await ASGIHandler()(scope, receive, send)

async def visits():
    answers = []
    for _ in range(3):
        await visit(answers)
    print(*answers)

connection.close()
asyncio.run(visits())
print(open_ones())
`),
      // Before Django 4.0 all requests have one thread, and its connection is found again.
    ).toBe(`1 1\n200 b'fine' 200 b'fine' 200 b'fine'\n${requirement.includes('3.2') ? 1 : 0}`);
  });

  it('is kept where it has said something that is no end', async () => {
    expect(
      await says(`
ask()
ends[-1].send(b"notification")
ask()
close_old_connections()
ask()
print(connects[0])
`),
    ).toBe('1');
  });

  // The next statement would count on what is gone.
  it.each([
    ['within a transaction', 'transaction.atomic().__enter__()'],
    ['with what a statement has left in its session', 'ask("PRAGMA cache_size = 100")'],
    ['with a lock that is its own', 'outcome(ask, "SELECT pg_advisory_lock(1)")'],
    ['where the project commits by itself', 'transaction.set_autocommit(False)'],
  ])('is not replaced %s', async (_what, first) => {
    expect(
      await says(`
ask()
${first}
ends[-1].close()
outcome(ask)
print(connects[0])
`),
    ).toBe('1');
  });

  it('is replaced at the beginning of the next request or job whatever it has left', async () => {
    expect(
      await says(`
settings.DATABASES["default"]["CONN_MAX_AGE"] = None
ask()
ask("PRAGMA cache_size = 100")
ends[-1].close()
ask()
print(connects[0])
close_old_connections()
ask()
print(connects[0])
`),
    ).toBe('1\n2');
  });

  it('is given back at the end of a request where the server waits for that in order to stop', async () => {
    expect(
      await says(`
connection.settings_dict["HOST"] = os.getcwd()
settings.DATABASES["default"]["CONN_MAX_AGE"] = connection.settings_dict["CONN_MAX_AGE"] = None
ask()
close_old_connections()
print(connection.connection is None)
open("stopping", "w").close()
ask()
with transaction.atomic():
    close_old_connections()
    print(connection.connection is None)
close_old_connections()
print(connection.connection is None)
os.remove("stopping")
`),
    ).toBe('False\nFalse\nTrue');
  });

  it('is not waited for in an event loop', async () => {
    expect(
      await says(`
import asyncio
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
refusals += [${JSON.stringify(starting)}, None]

async def view():
    return outcome(ask)

print(asyncio.run(view()), connects[0])
`),
    ).toBe('OperationalError 1');
  });
});
