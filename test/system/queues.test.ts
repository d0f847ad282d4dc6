import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type ServiceStatus, statusSchema } from '../../src/contract/status.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { makeQueueProject, queueServices, retryAfter } from '../rig/queue-project.ts';
import type { TinyProject } from '../rig/tiny-project.ts';

/** Five queues of one site; each test goes on where the one before ended. */
describe('task queues', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let media: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await makeQueueProject();
    site = box.name('queues');
    media = join(box.folder, 'base', 'sites', site, 'data', 'media');
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  const enqueue = async (label: string, count: number): Promise<void> => {
    const page = await box.get(`${site}.localhost`, `/enqueue/${label}/${count}/`);
    expect([page.status, page.body.slice(0, 500)]).toEqual([200, 'given']);
  };
  /** How often the jobs of a queue have begun or ended, by their numbers. */
  const counted = async (word: 'begin' | 'end', queue: string, label: string): Promise<Record<string, number>> => {
    const lines = (await readFile(join(media, 'ledger'), 'utf8').catch(() => '')).split('\n');
    const counts: Record<string, number> = {};
    for (const line of lines)
      if (line.startsWith(`${word} ${queue} ${label} `)) {
        const number = line.split(' ').at(-1) ?? '';
        counts[number] = (counts[number] ?? 0) + 1;
      }
    return counts;
  };
  /** The ledger and the services are all that tells: neither announces a change. */
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 200));
  };
  const begun = (label: string, queues: readonly string[]): Promise<void> =>
    until(async () => {
      const all = await Promise.all(queues.map((queue) => counted('begin', queue, label)));
      return all.every((each) => Object.keys(each).length > 0);
    });
  const open = (queue: string, label: string): Promise<void> => writeFile(join(media, `open-${queue}-${label}`), '');
  const services = async (): Promise<readonly ServiceStatus[]> =>
    statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout)).sites[0]?.services ?? [];

  test('are found and run, each by its own worker, on a Redis of the site', async () => {
    const up = await box.up(project.folder, site, '--yes');
    expect([up.code, up.all]).toEqual([0, expect.stringContaining('is live at')]);
    expect((await services()).map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual(
      ['redis', 'web', ...queueServices].map((name) => `${name} ready`).toSorted(),
    );
  });

  test('finish what runs when a deploy stops them, and each job is done exactly once', async () => {
    await enqueue('deploy', 3);
    await begun('deploy', queueServices);
    // Long enough for the deploy to come, whatever the machine has to do; short from the next release on.
    await project.write({ 'tiny/retry.py': retryAfter(15) });
    const opened = new Set<string>();
    const deploy = box.up(project.folder, site, '--yes');
    await until(async () => {
      for (const { name, state } of await services()) {
        if (state !== 'stopping' || opened.has(name)) continue;
        // It was asked to stop, and has not, since its job is not done.
        expect(await counted('end', name, 'deploy')).toEqual({});
        opened.add(name);
        await open(name, 'deploy');
      }
      return queueServices.every((name) => opened.has(name));
    });
    const up = await deploy;
    expect([up.code, up.all]).toEqual([0, expect.stringContaining('is live at')]);
    for (const queue of queueServices) {
      await until(async () => Object.keys(await counted('end', queue, 'deploy')).length === 3);
      const [begins, ends] = [await counted('begin', queue, 'deploy'), await counted('end', queue, 'deploy')];
      expect([queue, begins, ends]).toEqual([queue, { 0: 1, 1: 1, 2: 1 }, { 0: 1, 1: 1, 2: 1 }]);
    }
  });

  test('do again what a kill cut off, but for huey, which has given the job away', async () => {
    await enqueue('kill', 1);
    await begun('kill', queueServices);
    const before = await services();
    for (const queue of queueServices) {
      const pid = before.find(({ name }) => name === queue)?.pid;
      if (pid === null || pid === undefined) throw new Error(`${queue} does not run`);
      process.kill(pid, 'SIGKILL');
    }
    const again = queueServices.filter((queue) => queue !== 'huey');
    for (const queue of again) await until(async () => ((await counted('begin', queue, 'kill'))['0'] ?? 0) >= 2);
    for (const queue of queueServices) await open(queue, 'kill');
    for (const queue of again) await until(async () => ((await counted('end', queue, 'kill'))['0'] ?? 0) >= 1);
    await enqueue('after', 1);
    for (const queue of queueServices) await open(queue, 'after');
    for (const queue of queueServices) await until(async () => ((await counted('end', queue, 'after'))['0'] ?? 0) >= 1);
    // Its queue is in order: what came later is done.
    expect([await counted('begin', 'huey', 'kill'), await counted('end', 'huey', 'kill')]).toEqual([{ 0: 1 }, {}]);
  });
});
