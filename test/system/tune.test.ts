import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type JobResults, jobResultSchemas } from '../../src/contract/results.ts';
import type { Box } from '../rig/box.ts';
import { type LiveTiny, liveTiny } from '../rig/live-tiny.ts';
import { jobOf, statusOf } from '../rig/refused.ts';
import { steadyLoad } from '../rig/steady-load.ts';
import type { TinyProject } from '../rig/tiny-project.ts';

/** A front page that is slow unless uWSGI serves it, and says so. */
const fastWithUwsgi = `import time

from django.http import HttpResponse
from notes.models import Note

try:
    import uwsgi
except ImportError:
    uwsgi = None


def front(request):
    if uwsgi is None:
        time.sleep(0.1)
    return HttpResponse("another" if uwsgi is None else "uwsgi")


def health(request):
    return HttpResponse("ok")


def rows(request):
    return HttpResponse(str(Note.objects.count()))
`;

/** What everything in a release's virtualenv is: path, owners, mode, size and time. */
async function filesOf(release: string): Promise<string> {
  const found = await find(join(release, 'venv'), '-printf', String.raw`%P %U %G %m %s %T@\n`);
  return found.split('\n').toSorted().join('\n');
}

async function find(...words: readonly string[]): Promise<string> {
  return (await promisify(execFile)('find', words, { maxBuffer: 64 * 1024 * 1024 })).stdout;
}

describe('tune', { sequential: true }, () => {
  let live: LiveTiny;
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;
  /** Of the site, and what a measurement makes in it. */
  let folder: string;
  let trial: string;

  beforeAll(async () => {
    live = await liveTiny('hello');
    ({ box, project, site, domain } = live);
    folder = join(box.folder, 'base/sites', site);
    trial = join(folder, 'trial');
  });

  afterAll(() => live.close());

  const services = async (): Promise<readonly string[]> =>
    ((await statusOf(box)).sites[0]?.services ?? []).map(({ name }) => name);

  async function tuned(...more: readonly string[]): Promise<JobResults['tune']> {
    const ran = await box.roadie(['tune', site, '--seconds', '1', '--yes', '--json', ...more]);
    if (ran.code !== 0) throw new Error(ran.all);
    return jobResultSchemas.tune.parse(JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? ''));
  }

  test('asks before it loads the machine, and names what cannot be asked for', async () => {
    expect(await box.roadie(['tune', site])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes') as unknown,
    });
    expect((await box.roadie(['tune', site, '--yes', '--page', '/no such'])).stderr).toContain('is not a path');
    const failing = await box.roadie(['tune', site, '--yes', '--page', '/nothing-here/']);
    expect(failing.stderr).toContain('None of these pages answers: /nothing-here/');
  });

  test('measures what runs and what else may, while visitors are served, and changes nothing', async () => {
    const before = await services();
    const end = new AbortController();
    const load = steadyLoad({ port: box.ports.https, domain, path: '/' }, { rate: 10, until: end.signal });
    const result = await tuned('--servers', 'own', '--page', '/', '--page', '/rows/');
    end.abort();
    expect((await load).failures).toEqual([]);
    expect(result.pages).toEqual(['/', '/rows/']);
    expect(result.measured.length).toBeGreaterThan(3);
    for (const each of result.measured) {
      expect(each).toMatchObject({ server: 'gunicorn', worker_class: 'gthread' });
      expect(each.requests_per_second).toBeGreaterThan(0);
      expect(each.memory_bytes).toBeGreaterThan(0);
    }
    expect(result.applied).toBe(false);
    expect(await services()).toEqual(before);
    expect((await box.roadie(['plan', site])).all).toContain('Nothing to change');
  });

  test('measures another server from a copy of the virtualenv, applies it with no request lost, and takes it back', async () => {
    await project.write({ 'tiny/views.py': fastWithUwsgi, 'uv.toml': 'constraint-dependencies = ["granian<0.1"]\n' });
    expect((await box.roadie(['deploy', site])).code).toBe(0);
    const live = realpathSync(join(folder, 'current'));
    const before = await filesOf(live);
    const end = new AbortController();
    const load = steadyLoad({ port: box.ports.https, domain, path: '/' }, { rate: 10, until: end.signal });
    const result = await tuned('--servers', 'granian,uwsgi', '--page', '/', '--apply');
    expect(result).toMatchObject({
      applied: true,
      left_out: [{ server: 'granian', workers: null, because: 'granian>=2.5 could not be installed' }],
      recommended: { server: 'uwsgi', worker_class: null },
    });
    expect(result.measured.map(({ server }) => server)).toEqual(expect.arrayContaining(['gunicorn', 'uwsgi']));
    expect(await filesOf(live)).toEqual(before);
    expect(existsSync(trial)).toBe(false);
    expect((await box.get(domain, '/')).body).toBe('uwsgi');
    expect((await box.roadie(['plan', site])).all).toContain('Nothing to change');

    const undone = await box.roadie(['tune', site, '--undo']);
    end.abort();
    expect(undone.stdout).toContain('runs as before');
    expect((await load).failures).toEqual([]);
    expect((await box.get(domain, '/')).body).toBe('another');
    expect((await box.roadie(['plan', site])).all).toContain('Nothing to change');
  });

  test('that is killed leaves copies that the next `up` removes', async () => {
    const before = await services();
    const ended = box.roadie(['tune', site, '--servers', 'uwsgi', '--seconds', '10', '--yes']);
    const bothLeft = async (): Promise<boolean> => existsSync(trial) && (await services()).includes('trial');
    await expect.poll(bothLeft, { timeout: 60_000 }).toBe(true);
    process.kill(await jobOf(box), 'SIGKILL');
    // Nobody but root can change what the trial runs from.
    expect(await find(trial, '!', '-user', 'root')).toBe('');
    expect(await find(trial, '-name', 'uwsgi')).toContain('bin/uwsgi');
    expect((await ended).stderr).toContain('ended from outside');
    expect((await box.roadie(['plan', site])).all).toContain('trial');
    expect((await box.up(project.folder, site, '--yes')).code).toBe(0);
    expect(await services()).toEqual(before);
    expect(existsSync(trial)).toBe(false);
  });

  test('leaves the choice to the config where that has made it', async () => {
    await project.write({ 'roadie.toml': '[web]\nworkers = 2\n' });
    const ran = await box.roadie(['tune', site, '--yes', '--apply']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('says itself how many processes or threads');
    const unable = await box.roadie(['tune', site, '--yes', '--servers', 'uvicorn']);
    expect(unable.stderr).toContain("uvicorn does not run the site's WSGI application");
  });
});
