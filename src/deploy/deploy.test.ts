import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { NewEvent } from '../contract/events.ts';
import { type Layout, layout, siteLayout } from '../machine/layout.ts';
import { ProblemError } from '../problems/problem.ts';
import type { GroupSpec } from '../services/service.ts';
import { OpenRecord } from '../sites/open-record.ts';
import type { ReleaseRecord, SiteRecord } from '../sites/record.ts';
import { SiteRecords } from '../sites/store.ts';
import type { Applying, Target } from '../targets/target.ts';
import { deploy, type Deploy } from './deploy.ts';
import { goBack } from './rollback.ts';

const limits = { seconds: 60, errorPercent: 10, crashes: 2 };
const plan = { site: 'notes', changes: [], fingerprint: 'f' };
const ids = ['20260101-000000-aaaaaaa', '20260102-000000-bbbbbbb', '20260103-000000-ccccccc'] as const;

let place: Layout;
let records: SiteRecords;
let did: string[];
let events: NewEvent[];

beforeEach(() => {
  const folder = mkdtempSync('/tmp/roadie-deploy-');
  place = layout(folder, folder);
  records = new SiteRecords(place);
  did = [];
  events = [];
});
afterEach(() => rmSync(place.base, { recursive: true, force: true }));

function built(id: string): ReleaseRecord {
  const folder = join(siteLayout(place.sites, 'notes').releases, id);
  mkdirSync(folder, { recursive: true });
  return { id, folder, revision: id.slice(-7), fingerprint: id } as ReleaseRecord;
}

function group(id: string): GroupSpec {
  return { group: 'notes', folders: [], services: [{ name: 'web', release: id } as GroupSpec['services'][number]] };
}

function record(more: Partial<SiteRecord> = {}): SiteRecord {
  return {
    name: 'notes',
    request: { kind: 'up', source: '/srv/notes' },
    domains: ['notes.example'],
    ports: { http: 80, https: 443 },
    ownerEnvironment: {},
    secrets: {},
    ...more,
  };
}

/** A place that builds and runs nothing, and says what it was asked for. `fails`: the part that does not succeed. */
function targetOf(site: OpenRecord, builds: string, fails?: keyof Applying): Target {
  const part = (name: keyof Applying): void => {
    did.push(name);
    if (name === fails) throw new ProblemError({ code: 'service-failed', summary: `${name} failed`, cure: ['no'] });
  };
  return {
    interrupted: () => Promise.resolve(false),
    plan: () => Promise.resolve(plan),
    apply: () => ({
      prepare: async () => part('prepare'),
      async build() {
        part('build');
        await site.save({ ...site.current, built: built(builds) });
      },
      async switchOver() {
        part('switchOver');
        await site.save({ ...site.current, group: group(builds) });
        return true;
      },
      async finish() {
        did.push(`live: ${site.current.release?.id}`);
        part('finish');
      },
      verify: async () => part('verify'),
    }),
    switchTo: async ({ id }) => void did.push(`switch to ${id}`),
    start: async () => void did.push('start'),
    run: () => Promise.resolve({ code: 0, stdout: '', stderr: '' }),
    certificate: () => Promise.resolve(undefined),
  };
}

function deployOf(site: OpenRecord, target: Target, revision = 'bbbbbbb'): Deploy {
  return {
    site,
    target,
    blueprint: {
      site: 'notes',
      facts: {},
      source: { kind: 'folder', path: '/srv/notes', revision },
    } as unknown as Blueprint,
    limits,
    releases: siteLayout(place.sites, 'notes').releases,
    watch: { releases: () => Promise.resolve({ bake: null }) },
    emit: (event) => void events.push(event),
  };
}

const request = { plan, confirmed: 'any', dealt: undefined, check: () => undefined };
const blueprintOf = (id: string): string => join(siteLayout(place.sites, 'notes').releases, id, 'blueprint.json');

describe('a deploy', () => {
  test('goes live between the switch and what follows it, and keeps the way back', async () => {
    const site = new OpenRecord(record({ release: built(ids[0]), built: built(ids[0]) }), records);
    await deploy(request, deployOf(site, targetOf(site, ids[1])));
    expect(did).toEqual(['prepare', 'build', 'switchOver', `live: ${ids[1]}`, 'finish', 'start', 'verify']);
    expect(events).toEqual([{ type: 'release-switched', site: 'notes', release: ids[1], previous: ids[0] }]);
    const now = await records.read('notes');
    expect(now).toMatchObject({ release: { id: ids[1] }, bake: { release: ids[1], previous: ids[0], limits } });
    expect(JSON.parse(readFileSync(blueprintOf(ids[1]), 'utf8'))).toMatchObject({ site: 'notes' });
  });

  test.each(['prepare', 'build', 'switchOver'] as const)(
    'that fails at %s leaves what is live, with what it was designed from',
    async (fails) => {
      const site = new OpenRecord(record({ release: built(ids[0]), built: built(ids[0]) }), records);
      await expect(deploy(request, deployOf(site, targetOf(site, ids[1], fails)))).rejects.toThrow(`${fails} failed`);
      expect(await records.read('notes')).toMatchObject({
        release: { id: ids[0] },
        failed: { revision: 'bbbbbbb', summary: `${fails} failed` },
      });
      expect(existsSync(blueprintOf(ids[0]))).toBe(false);
      expect(events).toEqual([]);
    },
  );

  test('that is refused is known all the same, and touches nothing', async () => {
    const site = new OpenRecord(record(), records);
    const check = (): void => {
      throw new ProblemError({ code: 'missing-variables', summary: 'API_KEY is missing', cure: ['set it'] });
    };
    await expect(deploy({ ...request, check }, deployOf(site, targetOf(site, ids[1])))).rejects.toThrow('API_KEY');
    expect(did).toEqual([]);
    expect(await records.read('notes')).toMatchObject({ failed: { summary: 'API_KEY is missing' } });
  });

  test('that was killed between switch and note is brought to its end by the next', async () => {
    const site = new OpenRecord(
      record({ release: built(ids[0]), built: built(ids[1]), group: group(ids[1]) }),
      records,
    );
    const target = targetOf(site, ids[1]);
    const nothing: Applying = {
      prepare: () => Promise.resolve(),
      build: () => Promise.resolve(),
      switchOver: () => Promise.resolve(false),
      finish: () => Promise.resolve(),
      verify: () => Promise.resolve(),
    };
    await deploy(request, deployOf(site, { ...target, apply: () => nothing }));
    expect(did).toEqual([`switch to ${ids[1]}`, 'start']);
    expect(await records.read('notes')).toMatchObject({ release: { id: ids[1] }, bake: { previous: ids[0] } });
  });

  test('ends a hold, and the memory of a failure', async () => {
    const held = { since: '2026-01-01T00:00:00Z', release: ids[0], because: 'somebody' };
    const failed = { revision: 'x', at: '2026-01-01T00:00:00Z', summary: 'no' };
    const site = new OpenRecord(record({ release: built(ids[0]), built: built(ids[0]), held, failed }), records);
    await deploy({ ...request, dealt: 'bbbbbbb' }, deployOf(site, targetOf(site, ids[1])));
    const now = await records.read('notes');
    expect(now).not.toHaveProperty('held');
    expect(now).not.toHaveProperty('failed');
    expect(now).toMatchObject({ dealt: 'bbbbbbb' });
  });
});

describe('going back', () => {
  test('switches, is not watched, and holds the site', async () => {
    const site = new OpenRecord(record({ release: built(ids[1]), built: built(ids[0]) }), records);
    const back = { ...deployOf(site, targetOf(site, ids[0])), limits: { ...limits, seconds: 0 } };
    await goBack(built(ids[0]), undefined, back);
    expect(did).toEqual([`switch to ${ids[0]}`]);
    const now = await records.read('notes');
    expect(now).toMatchObject({ release: { id: ids[0] }, held: { release: ids[0] } });
    expect(now).not.toHaveProperty('bake');
  });

  test('by the watch remembers what was given up, and tells somebody', async () => {
    const site = new OpenRecord(record({ release: built(ids[1]), built: built(ids[0]) }), records);
    const back = { ...deployOf(site, targetOf(site, ids[0])), limits: { ...limits, seconds: 0 } };
    await goBack(built(ids[0]), 'it answers 500', back);
    expect(await records.read('notes')).toMatchObject({
      held: { givenUp: { release: ids[1], revision: 'bbbbbbb' } },
      rollbacks: [{ release: ids[1] }],
    });
    expect(events.map(({ type }) => type)).toEqual(['release-switched', 'alarm']);
  });

  test('changes nothing where the services do not become ready', async () => {
    const site = new OpenRecord(record({ release: built(ids[1]), built: built(ids[0]) }), records);
    const target = { ...targetOf(site, ids[0]), switchTo: () => Promise.reject(new Error('not ready')) };
    await expect(goBack(built(ids[0]), undefined, deployOf(site, target))).rejects.toThrow('not ready');
    expect(site.current).toMatchObject({ release: { id: ids[1] } });
    expect(site.current).not.toHaveProperty('held');
  });
});
