import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { isEmpty } from '../../src/plan/diff.ts';
import type { Resource } from '../../src/targets/machine/resource.ts';
import { ProblemError } from '../../src/problems/problem.ts';
import { planFor } from '../../src/targets/machine/apply.ts';
import { applyPlan, makeFolder, testHost, type TestHost } from './machine-target-host.ts';
import {
  because,
  commandResource,
  fileResource,
  folderResource,
  service,
  serviceResource,
  wantedOf,
} from './machine-target-resources.ts';

let folder: string;
let host: TestHost;

beforeEach(async () => {
  folder = await makeFolder();
  host = testHost(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => join(folder, ...names);

describe('a whole plan', () => {
  const release: Resource = {
    kind: 'release',
    id: 'release:boards',
    because,
    wanted: { site: 'boards', fingerprint: 'one' },
  };
  const resources = (): readonly Resource[] => [
    folderResource(at('site')),
    folderResource(at('site', 'data')),
    fileResource(at('site', 'redis.conf'), 'port 0\n'),
    {
      kind: 'certificate',
      id: 'certificate:boards',
      because,
      wanted: { site: 'boards', domains: ['boards.localhost'] },
    },
    commandResource(at('site', 'mark')),
    serviceResource(service('redis')),
    fileResource(at('edge', 'main.conf'), 'good\n', { edge: true }),
    serviceResource(service('nginx', { group: 'edge' })),
    release,
    serviceResource(service('web', { release: 'one' })),
    serviceResource(service('worker', { release: 'one' })),
    fileResource(at('edge', 'sites', 'boards.conf'), 'server\n', { edge: true }),
  ];

  it('is applied in its order, told as steps, and then empty', async () => {
    host.next = wantedOf(resources());
    const applied = await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
    expect(applied.changed).toEqual(resources().map((resource) => resource.id));
    expect(await host.said()).toEqual([
      'issue boards',
      'reconcile boards: redis',
      'reconcile edge: nginx',
      'reload',
      'build one',
      'reconcile boards: redis web worker',
      'reload',
    ]);
    const steps = host.events.flatMap((event) =>
      event.type === 'step-finished' ? [`${event.step}: ${event.title}: ${event.outcome}`] : [],
    );
    expect(steps.slice(0, 2)).toEqual(['folders: 2 folders: done', `files: file ${at('site', 'redis.conf')}: done`]);
    expect(steps.at(-2)).toBe('services-2: 2 services: web, worker: done');
    expect(isEmpty(await planFor(host, host.next))).toBe(true);
  });

  it('stops at the first failure with everything before it done, and goes on from there', async () => {
    host.next = wantedOf(resources());
    const failing = testHost(folder, {
      releases: {
        ...host.releases,
        build: () => Promise.reject(new ProblemError({ code: 'migration-failed', summary: 'no', cure: ['fix it'] })),
      },
    });
    failing.next = host.next;
    await expect(applyPlan(await planFor(failing, failing.next), failing, { confirmed: 'any' })).rejects.toMatchObject({
      problems: [{ code: 'migration-failed' }],
    });
    const plan = await planFor(host, host.next);
    expect(plan.changes.filter((change) => change.action !== 'keep').map((change) => change.kind)).toEqual([
      'release',
      'service',
      'service',
      'file',
    ]);
    await applyPlan(plan, host, { confirmed: plan.fingerprint });
    expect(isEmpty(await planFor(host, host.next))).toBe(true);
  });

  it('can be cut off at every event and is then finished by another run', async () => {
    const events = 20;
    for (let cut = 0; cut < events; cut += 1) {
      await rm(folder, { recursive: true });
      await rename(await makeFolder(), folder);
      let seen = 0;
      const killed = testHost(folder, {
        emit: () => {
          if (seen === cut) throw new Error('killed');
          seen += 1;
        },
      });
      killed.next = wantedOf(resources());
      await applyPlan(await planFor(killed, killed.next), killed, { confirmed: 'any' }).catch(() => undefined);
      host = testHost(folder);
      host.next = wantedOf(resources());
      await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
      expect(isEmpty(await planFor(host, host.next)), `cut at event ${cut}`).toBe(true);
    }
  });

  it('is refused, with nothing touched, where the machine has moved since it was shown', async () => {
    host.next = wantedOf(resources());
    const shown = await planFor(host, host.next);
    await mkdir(at('site'));
    const plan = await planFor(host, host.next);
    await expect(applyPlan(plan, host, { confirmed: shown.fingerprint })).rejects.toMatchObject({
      problems: [{ code: 'plan-outdated' }],
    });
    expect(await host.said()).toEqual([]);
    expect(host.events).toEqual([]);
  });

  it('stops a worker that is no longer wanted and leaves data folders where they are', async () => {
    host.next = wantedOf(resources());
    await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
    const had = resources();
    host.next = wantedOf(
      had.filter(
        (resource) =>
          resource.id !== 'service:boards/worker' &&
          resource.id !== `folder:${at('site', 'data')}` &&
          resource.id !== `file:${at('site', 'redis.conf')}`,
      ),
    );
    const plan = await planFor(host, host.next, had);
    expect(
      plan.changes.filter((change) => change.action !== 'keep').map((change) => `${change.action} ${change.id}`),
    ).toEqual(['remove service:boards/worker', `remove file:${at('site', 'redis.conf')}`]);
    await applyPlan(plan, host, { confirmed: plan.fingerprint, had });
    expect((await host.said()).at(-1)).toBe('reconcile boards: redis web');
    expect((await lstat(at('site', 'data'))).isDirectory()).toBe(true);
    expect(isEmpty(await planFor(host, host.next, had))).toBe(true);
  });

  it('keeps the old web service running while data services change', async () => {
    host.next = wantedOf(resources());
    await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
    const changed = resources().map((resource) =>
      resource.id === 'service:boards/redis' ? serviceResource(service('redis', { nice: 5 })) : resource,
    );
    host.next = wantedOf(changed);
    await applyPlan(await planFor(host, host.next), host, { confirmed: 'any' });
    expect((await host.said()).at(-1)).toBe('reconcile boards: redis web worker');
  });
});
