import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type JobResults, jobResultSchemas } from '../../src/contract/results.ts';
import type { Box } from '../rig/box.ts';
import { type LiveTiny, liveTiny } from '../rig/live-tiny.ts';
import { jobOf, statusOf } from '../rig/refused.ts';
import { steadyLoad } from '../rig/steady-load.ts';
import type { TinyProject } from '../rig/tiny-project.ts';

describe('tune', { sequential: true }, () => {
  let live: LiveTiny;
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;

  beforeAll(async () => {
    live = await liveTiny('hello');
    ({ box, project, site, domain } = live);
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
    const result = await tuned('--page', '/', '--page', '/rows/');
    end.abort();
    expect((await load).failures).toEqual([]);
    expect(result.pages).toEqual(['/', '/rows/']);
    expect(result.measured.length).toBeGreaterThan(3);
    for (const each of result.measured) {
      expect(each.requests_per_second).toBeGreaterThan(0);
      expect(each.memory_bytes).toBeGreaterThan(0);
    }
    expect(result.applied).toBe(false);
    expect(await services()).toEqual(before);
    expect((await box.roadie(['plan', site])).all).toContain('Nothing to change');
  });

  test('applies what it recommends with no request lost, and takes it back', async () => {
    const end = new AbortController();
    const load = steadyLoad({ port: box.ports.https, domain, path: '/' }, { rate: 10, until: end.signal });
    const result = await tuned('--apply');
    const undone = await box.roadie(['tune', site, '--undo']);
    end.abort();
    expect((await load).failures).toEqual([]);
    expect(undone.stdout).toContain(result.applied ? 'runs as before' : 'Nothing had been applied');
    expect((await box.roadie(['plan', site])).all).toContain('Nothing to change');
  });

  test('that is killed leaves a copy that the next `up` removes', async () => {
    const before = await services();
    const ended = box.roadie(['tune', site, '--seconds', '30', '--yes']);
    await expect.poll(services, { timeout: 60_000 }).toContain('trial');
    process.kill(await jobOf(box), 'SIGKILL');
    expect((await ended).stderr).toContain('ended from outside');
    expect((await box.roadie(['plan', site])).all).toContain('trial');
    expect((await box.up(project.folder, site, '--yes')).code).toBe(0);
    expect(await services()).toEqual(before);
  });

  test('leaves the choice to the config where that has made it', async () => {
    await project.write({ 'roadie.toml': '[web]\nworkers = 2\n' });
    const ran = await box.roadie(['tune', site, '--yes', '--apply']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('says itself how many processes or threads');
  });
});
