import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { StateFile } from '../../src/machine/files/state-file.ts';
import { ProblemError } from '../../src/problems/problem.ts';
import type { GroupSpec, ServiceSpec } from '../../src/services/service.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { expectReadable, statusOf } from '../rig/refused.ts';
import { Scene } from '../rig/supervised/scene.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const front = (body: string): string =>
  `from django.http import HttpResponse\n\n\ndef front(request):\n    ${body}\n\n\ndef health(request):\n    return HttpResponse("ok")\n\n\nrows = front\n`;
const well = 'return HttpResponse("well")';
const brokenFront = front('return HttpResponse({}["TIMEOUT"])');

const withLogin = `from django.urls import path
from django.views.generic import RedirectView
from tiny import views

urlpatterns = [path("", RedirectView.as_view(url="/home/")), path("home/", views.front), path("health/", views.health), path("enter/", views.rows)]
`;

describe('a release', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('gate');
    project = await TinyProject.make('well');
    await project.write({ 'tiny/views.py': brokenFront, 'roadie.toml': '[bake]\nseconds = 0\n' });
  });

  afterAll(async () => {
    await rm(project.folder, { recursive: true, force: true });
    await box.close();
  });

  const here = async () => (await statusOf(box)).sites.find(({ name }) => name === site);

  test('whose front page fails does not come up, though its health route is well, and nothing of it goes on', async () => {
    for (let time = 0; time < 2; time += 1) {
      const ran = await box.up(project.folder, site, '--yes');
      expectReadable(ran, 'service-failed');
      expect(ran.all).toContain("GET / answered 500: KeyError: 'TIMEOUT' at tiny/views.py:5");
      expect(ran.all).toContain('return HttpResponse({}["TIMEOUT"])');
      expect(await here()).toMatchObject({ state: 'incomplete', release: null });
      expect((await here())?.services.map(({ name, state }) => [name, state])).toEqual([['web', 'down']]);
    }
    expect((await box.roadie(['logs', site, 'web'])).stdout).toContain("KeyError: 'TIMEOUT' at tiny/views.py:5");
  });

  test('that does not boot is not tried again by itself, not even by the next daemon', async () => {
    const wsgi = join(project.folder, 'tiny/wsgi.py');
    const before = await readFile(wsgi, 'utf8');
    await project.write({ 'tiny/views.py': front(well) });
    await writeFile(wsgi, `${before}raise RuntimeError("the plug is out")\n`);
    const ran = await box.up(project.folder, site, '--yes');
    expect(ran.all).toContain('RuntimeError: the plug is out');
    expect((await here())?.services).toMatchObject([{ name: 'web', state: 'down', pid: null }]);
    expect((await box.roadie(['daemon', 'stop'])).code).toBe(0);
    expect((await here())?.services).toMatchObject([{ name: 'web', state: 'down', pid: null }]);
    await writeFile(wsgi, before);
  });

  test('that is well comes up after those', async () => {
    const ran = await box.up(project.folder, site, '--yes');
    expect(ran.code, ran.all).toBe(0);
    expect(await here()).toMatchObject({ state: 'live' });
    expect((await box.get(`${site}.localhost`, '/')).body).toBe('well');
  });

  test('whose log-in page fails at the end of a redirect is refused, and the old one serves on', async () => {
    await project.write({
      'tiny/urls.py': withLogin,
      'tiny/views.py': `${front(well)}\n\ndef rows(request):\n    raise OSError("no way in")\n`,
    });
    const settings = join(project.folder, 'tiny/settings.py');
    await writeFile(settings, `${await readFile(settings, 'utf8')}LOGIN_URL = "/enter/"\n`);
    const ran = await box.roadie(['deploy', site]);
    expectReadable(ran, 'service-failed');
    expect(ran.all).toContain('GET /enter/ answered 500: OSError: no way in at tiny/views.py:16');
    expect((await box.get(`${site}.localhost`, '/')).body).toBe('well');
  });

  test('with a page that the running one answers no better goes live', async () => {
    await project.write({
      'tiny/urls.py': withLogin.replace('path("health/"', 'path("spoil/", views.spoil), path("health/"'),
      'tiny/views.py': `${front('if spoilt.exists(): raise OSError("gone")\n    return HttpResponse("well")')}\n\ndef spoil(request):\n    spoilt.touch()\n    return HttpResponse("ok")\n\n\nspoilt = __import__("pathlib").Path("/tmp/spoilt")\n`,
    });
    const ran = await box.roadie(['deploy', site]);
    expect(ran.code, ran.all).toBe(0);
    await box.get(`${site}.localhost`, '/spoil/');
    expect((await box.get(`${site}.localhost`, '/home/')).status).toBe(500);
    await project.write({ 'tiny/urls.py': withLogin });
    const again = await box.roadie(['deploy', site]);
    expect(again.code, again.all).toBe(0);
  });

  test('with a worker that is ready for a moment and ends, each time, is refused as a crash loop', async () => {
    const looping = box.name('loop');
    await project.write({
      'tiny/urls.py': withLogin,
      'tiny/views.py': front(well),
      'notes/management/__init__.py': '',
      'notes/management/commands/__init__.py': '',
      'notes/management/commands/work.py':
        'import time\nfrom django.core.management.base import BaseCommand\n\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n        time.sleep(3)\n        raise ImportError("cannot import name \'Channel\'")\n',
      'roadie.toml': '[workers.job]\ncommand = "python manage.py work"\n',
    });
    const ran = await box.up(project.folder, looping, '--yes');
    expectReadable(ran, 'service-failed');
    expect(ran.all).toMatch(
      /job of \S+ is in a crash loop: it ended 5 times in a row within its first minute: ImportError: cannot import name 'Channel'/,
    );
    const found = (await statusOf(box)).sites.find(({ name }) => name === looping);
    expect(found).toMatchObject({ state: 'incomplete', release: null });
    for (const service of found?.services ?? []) expect(service).toMatchObject({ state: 'down', pid: null });
  });
});

describe('a service', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.end());

  const group = (...services: readonly ServiceSpec[]): GroupSpec => ({ group: 'scene', folders: [], services });
  const web = (version: string, broken: string): ServiceSpec => {
    const spec = scene.web(version, { environment: { PATH: '/usr/bin:/bin', VERSION: version, BROKEN: broken } });
    return { ...spec, readiness: { ...spec.readiness, pages: ['/shaky'] } };
  };

  test('with a page that fails is refused where the one that serves does better, and only there', async () => {
    const supervisor = scene.supervisor();
    await supervisor.reconcile(group(web('1', '2 3 4')));
    const refused = supervisor.reconcile(group(web('2', '2 3 4')));
    await expect(refused).rejects.toThrow('answered GET /shaky with 500');
    expect(await scene.get()).toMatch(/ 1$/);
    // The same page of a site on which it fails already.
    await supervisor.stop('scene');
    const worse = scene.supervisor({ state: new StateFile(join(scene.folder, 'other.json')) });
    const { pages: _, ...unasked } = web('4', '4').readiness;
    await worse.reconcile(group({ ...web('4', '4'), readiness: unasked }));
    await worse.reconcile(group(web('5', '5')));
    expect(await scene.get()).toMatch(/ 5$/);
  });

  test('that is the first and refused stays down until somebody asks again', async () => {
    const supervisor = scene.supervisor();
    const data = scene.service('data', ['wait']);
    const first = group(data, { ...web('2', '2'), release: '2' });
    await expect(supervisor.reconcile(first, { isNew: true })).rejects.toThrow('/shaky');
    const states = (): unknown => supervisor.status()[0]?.services.map(({ name, state }) => [name, state]);
    expect(states()).toEqual([
      ['data', 'ready'],
      ['web', 'down'],
    ]);
    await supervisor.reconcile(group(data, { ...web('3', ''), release: '3' }), { isNew: true });
    expect(await scene.get()).toMatch(/ 3$/);
  });

  test('that computes is not ready yet: what fails while it loads is a failed start', async () => {
    const supervisor = scene.supervisor();
    const slow = { probe: { kind: 'running', seconds: 2 }, timeoutSeconds: 20 } as const;
    const loads = supervisor.reconcile(group(scene.service('worker', ['load', '4'], { readiness: slow })));
    await expect(loads).rejects.toThrow(ProblemError);
    await expect(loads).rejects.toThrow('it ended with code 1');
  });

  test('that was ready and ends early is shown with how often, and the last line of its error', async () => {
    const supervisor = scene.supervisor();
    const worker = scene.service('worker', ['brief', '0.6'], { release: '1' });
    await expect(supervisor.reconcile(group(worker), { isNew: true })).rejects.toThrow(
      "worker of scene is in a crash loop: it ended 5 times in a row within its first minute: ImportError: cannot import name 'Channel'",
    );
    expect(scene.processes('brief')).toEqual([]);
    // Where it has served before, it goes on being tried, and the status says so.
    void supervisor.reconcile(group({ ...worker, release: '2' })).catch(() => undefined);
    await expect
      .poll(() => supervisor.status()[0]?.services[0]?.early_ends, { timeout: 30_000 })
      .toEqual({ count: 5, loop: true, error: "ImportError: cannot import name 'Channel'" });
  });
});
