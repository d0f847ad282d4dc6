import { cp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { brokerOf } from '../../src/django/endpoints.ts';
import type { ReleaseView } from '../../src/components/component.ts';
import { sitePackagesFiles } from '../../src/django/read/install.ts';
import { celeryUrl, redisUrl } from '../../src/django/read/redis.ts';
import { killGroup } from '../../src/machine/processes/processes.ts';
import { run } from '../../src/machine/processes/run.ts';
import type { ServiceSpec } from '../../src/services/service.ts';
import { type RunningService, startService } from '../rig/running-service.ts';
import { layOut, makeSitePlace, setUp, type SitePlace, used } from '../rig/site-place.ts';

const distributions = [
  'django',
  'gunicorn',
  'uvicorn',
  'websockets',
  'django-rq',
  'celery[redis]',
  'django-redis',
  'django-celery-beat',
  'psycopg[binary]',
  'dj-database-url',
];

/** Needs root, since PostgreSQL, Redis and the site are three users. */
describe.runIf(process.getuid?.() === 0)("a release's services on this machine", () => {
  const running: RunningService[] = [];
  let site: SitePlace;
  let release: ReleaseView;

  beforeAll(async () => {
    site = await makeSitePlace('shop', true);
    const { place } = site;
    const parts = [used('postgresql'), used('redis'), used('gunicorn'), used('celery-beat')];
    await layOut(site, parts);
    for (const { component, options } of parts) {
      await setUp(site, component, options, 'before');
      for (const spec of component.services(options, place)) await start(spec);
      await setUp(site, component, options, 'after');
    }
    const folder = join(place.folders.releases, 'r1');
    const root = join(folder, 'code');
    const bin = join(folder, 'venv', 'bin');
    await cp(new URL('../rig/django-site', import.meta.url).pathname, root, { recursive: true });
    // No overlay: the settings of this project are as they should be.
    for (const name of sitePackagesFiles.filter((each) => !each.startsWith('roadie_overlay')))
      await cp(new URL(`../../python/${name}`, import.meta.url).pathname, join(root, name));
    await must(['/usr/bin/python3', '-m', 'venv', join(folder, 'venv')]);
    await must([join(bin, 'pip'), 'install', '-q', '--disable-pip-version-check', ...distributions]);
    const frozen = await must([join(bin, 'pip'), 'list', '--format=freeze', '--disable-pip-version-check']);
    const connections = ['postgresql', 'redis'].flatMap(
      (name) => used(name).component.connections?.(used(name).options, place) ?? [],
    );
    const database = connections.find((one) => one.kind === 'database');
    const redis = brokerOf(connections);
    if (!database || !redis) throw new Error('no connections');
    release = {
      id: 'r1',
      folder,
      root,
      bin,
      probe: {
        installedApps: [],
        distributions: Object.fromEntries(frozen.split('\n').map((line) => line.toLowerCase().split('=='))),
      } as unknown as ReleaseView['probe'],
      application: { kind: 'wsgi', module: 'shop.wsgi', name: 'application' },
      static: null,
      media: null,
      environment: {
        DATABASE_URL: database.url,
        REDIS_URL: redisUrl(redis, 0),
        CELERY_BROKER_URL: celeryUrl(redis, 0),
        DJANGO_SETTINGS_MODULE: 'shop.settings',
      },
      healthPath: '/',
    };
    await must([join(bin, 'python'), 'manage.py', 'migrate', '-v0'], true);
  });

  afterAll(async () => {
    for (const service of running.toReversed()) await service.stop();
    await rm(join(site.layout.base, '..'), { recursive: true, force: true });
  });

  async function start(spec: ServiceSpec): Promise<RunningService> {
    const service = startService(spec);
    running.push(service);
    await service.ready();
    return service;
  }

  async function must(command: readonly [string, ...string[]], asSite = false): Promise<string> {
    const given =
      asSite && site.place.users.site
        ? {
            user: site.place.users.site,
            directory: release.root,
            environment: { ...release.environment, PATH: '/usr/bin:/bin' },
          }
        : {};
    const result = await run(command, given);
    if (result.code !== 0) throw new Error(`${command.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  function services(name: string, options: unknown, view: ReleaseView = release): readonly ServiceSpec[] {
    const { component, options: complete } = used(name, options);
    return component.releaseServices(complete, site.place, view);
  }

  function ask(
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number | undefined; readonly body: unknown }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath: site.place.webSocket, path: '/', headers: { Host: 'shop.localhost', ...headers }, agent: false },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () =>
            resolve({ status: response.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text }),
          );
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  const visitor = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7', 'X-Real-IP': '203.0.113.7' };

  it('Gunicorn serves on the socket that it was handed, knows the scheme and the visitor, and stops when asked', async () => {
    const [spec] = services('gunicorn', { workers: 2 });
    if (!spec) throw new Error('no service');
    const web = await start(spec);
    expect(await ask(visitor)).toMatchObject({
      status: 200,
      body: { secure: true, address: '203.0.113.7', host: 'shop.localhost', parent: web.identity.pid },
    });
    expect(await ask({})).toMatchObject({ status: 200, body: { secure: false } });
    expect(await web.stop()).toBe('ended with code 0');
    expect(web.log()).not.toMatch(/control|Traceback|ERROR/i);
  });

  it('Uvicorn serves on the socket that it was handed, in several processes', async () => {
    const asgi = { ...release, application: { kind: 'asgi', module: 'shop.asgi', name: 'application' } } as const;
    for (const workers of [1, 2]) {
      const [spec] = services('uvicorn', { workers }, asgi);
      if (!spec) throw new Error('no service');
      const web = await start(spec);
      expect(await ask(visitor)).toMatchObject({
        status: 200,
        body: { secure: true, address: '203.0.113.7', host: 'shop.localhost' },
      });
      expect(await web.stop()).toMatch(/ended with code 0|SIGTERM/);
      expect(web.log()).not.toMatch(/Traceback|ERROR/);
    }
  });

  it('RQ, Celery, its beat and both caches need nothing that Redis refuses', async () => {
    const workers = [
      ...services('rq', { workers: [{ name: 'worker', arguments: ['default', 'slow'] }] }),
      ...services('celery', { workers: [{ name: 'celery', arguments: ['-A', 'shop'] }] }),
      ...services('celery-beat', { workers: [{ name: 'beat', arguments: ['-A', 'shop'] }] }),
    ];
    const started: RunningService[] = [];
    for (const spec of workers) started.push(await start(spec));
    const printed = await must([join(release.bin, 'python'), 'exercise.py'], true);
    expect(JSON.parse(printed.trim().split('\n').at(-1) ?? '')).toMatchObject({
      rq: 5,
      'rq workers': 1,
      'rq registries': [0, 0, 0],
      celery: 8,
      'celery ping': true,
      'celery stats': true,
      beat: true,
      default: [{ a: 2, b: 2 }, false],
      other: [{ a: 2, b: 2 }, false],
      lock: true,
      denied: 0,
    });
    for (const service of started) expect(await service.stop()).toMatch(/ended with code 0/);
    for (const service of started) expect(service.log()).not.toMatch(/Traceback|NOPERM/);
  });

  it('RQ goes on with the job that its worker was cut off in', async () => {
    const [spec] = services('rq', { workers: [{ name: 'cut', arguments: ['slow'] }] });
    if (!spec) throw new Error('no service');
    const begun = join(site.place.folders.cache, 'begun');
    const django = 'import os, time, django; django.setup(); import django_rq; from shop.jobs import cut_off';
    const python = (script: string): Promise<string> =>
      must([join(release.bin, 'python'), '-c', `${django}\n${script}`], true);
    const until = (what: string): string =>
      `end = time.monotonic() + 60\nwhile not (${what}) and time.monotonic() < end: time.sleep(0.05)`;
    const first = await start(spec);
    const enqueued = await python(
      `job = django_rq.get_queue("slow").enqueue(cut_off, ${JSON.stringify(begun)})\n${until(`os.path.exists(${JSON.stringify(begun)})`)}\nprint(job.id, job.get_status().value)`,
    );
    const [id = '', status] = enqueued.trim().split(' ');
    expect(status).toBe('started');
    // With its work horse, which leads a group of its own: both are of the service's session.
    killGroup(first.identity.pid);
    expect(await first.ended).toBe('was ended by SIGKILL');
    const second = await start(spec);
    const how = await python(
      `job = django_rq.get_queue("slow").fetch_job(${JSON.stringify(id)})\n${until('job.get_status() == "finished"')}\nprint(job.get_status().value, job.get_meta(), len(django_rq.get_queue("slow").started_job_registry.get_job_ids()))`,
    );
    expect(how.trim()).toBe("finished {'roadie_put_back': 1} 0");
    expect(second.log()).toContain(`Roadie has put back the job ${id} of slow`);
    expect(await second.stop()).toBe('ended with code 0');
  });

  it("beat takes the database's schedule where the project has one", async () => {
    const [spec] = services(
      'celery-beat',
      { workers: [{ name: 'clock', arguments: ['-A', 'shop', 'beat'] }] },
      { ...release, probe: { ...release.probe, installedApps: ['django_celery_beat'] } },
    );
    if (!spec) throw new Error('no service');
    const beat = await start(spec);
    const ticks = join(release.bin, 'python');
    const script =
      "import time, django; django.setup(); from django_celery_beat.models import PeriodicTask; end = time.monotonic() + 20\nwhile not PeriodicTask.objects.filter(name='tick').exists() and time.monotonic() < end: time.sleep(0.1)\nprint(PeriodicTask.objects.filter(name='tick').count())";
    expect((await must([ticks, '-c', script], true)).trim()).toBe('1');
    expect(await beat.stop()).toMatch(/ended with code 0/);
  });

  it('a program of the Procfile is found in the virtualenv first', async () => {
    const [spec] = services('command', {
      workers: [{ name: 'own', arguments: ['python', '-c', 'import sys; print(sys.prefix)'] }],
    });
    if (!spec) throw new Error('no service');
    const own = startService(spec);
    expect(await own.ended).toBe('ended with code 0');
    expect(own.log().trim()).toBe(join(release.folder, 'venv'));
  });
});
