import { lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Blueprint } from '../../blueprint/blueprint.ts';
import { type Layout, layout, siteLayout } from '../../machine/layout.ts';
import type { GroupSpec, ServiceSpec } from '../../services/service.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { SiteRecords } from '../../sites/store.ts';
import type { ServiceRunner } from './operation.ts';
import { serviceGroups } from './service-groups.ts';

let place: Layout;
let records: SiteRecords;
let asked: string[];

beforeEach(() => {
  const folder = mkdtempSync('/tmp/roadie-groups-');
  place = layout(folder, folder);
  mkdirSync(siteLayout(place.sites, 'notes').folder, { recursive: true });
  mkdirSync(place.state);
  records = new SiteRecords(place);
  asked = [];
});
afterEach(() => rmSync(place.base, { recursive: true, force: true }));

const group = (release: string, name = 'notes'): GroupSpec => ({
  group: name,
  folders: [],
  services: [{ name: 'web', release } as ServiceSpec],
});
const release = (id: string): ReleaseRecord => ({ id }) as ReleaseRecord;

/** The groups of a site whose record is given, and a daemon that refuses the group with the release `bad`. */
function open(more: Partial<SiteRecord>): { groups: ReturnType<typeof serviceGroups>; record: OpenRecord } {
  const record = new OpenRecord({ name: 'notes', ...more } as SiteRecord, records);
  const daemon: ServiceRunner = {
    async reconcile(name, { keepSeconds } = { keepSeconds: 0 }) {
      const spec = name === 'edge' ? await records.readEdge() : (await records.read(name))?.group;
      const runs = spec?.services[0]?.release;
      asked.push(`${name}: ${runs}, ${keepSeconds} s`);
      if (runs === 'bad') throw new Error('not ready');
    },
    reload: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    start: () => Promise.resolve(),
    status: () => Promise.resolve({ sites: [] }),
  };
  const blueprint = { site: 'notes' } as Blueprint;
  return { groups: serviceGroups({ blueprint, record, keepSeconds: 60 }, { layout: place, records, daemon }), record };
}

const current = (): string => readlinkSync(siteLayout(place.sites, 'notes').current);

describe("a site's services", () => {
  test('of the release that was built have its static files, and the ones before stay warm', async () => {
    const { groups, record } = open({ built: release('b'), release: release('a'), group: group('a') });
    await groups.reconcile(group('b'));
    expect(current()).toBe('releases/b');
    expect(asked).toEqual(['notes: b, 60 s']);
    expect(await groups.recorded('notes')).toEqual(group('b'));
    // That it is live is for the deploy to say.
    expect(record.current.release?.id).toBe('a');
  });

  test('that do not become ready are put back with their static files', async () => {
    const { groups } = open({ built: release('bad'), release: release('a'), group: group('a') });
    await expect(groups.reconcile(group('bad'))).rejects.toThrow('not ready');
    expect(current()).toBe('releases/a');
    expect(asked).toEqual(['notes: bad, 60 s', 'notes: a, 0 s']);
    expect((await records.read('notes'))?.group).toEqual(group('a'));
  });

  test('that are the first have nothing to be put back to', async () => {
    const { groups } = open({ built: release('bad') });
    await expect(groups.reconcile(group('bad'))).rejects.toThrow('not ready');
    expect(asked).toEqual(['notes: bad, 60 s']);
  });

  test('of a release that never served are nothing that the next one has to live with', async () => {
    const database = { name: 'postgresql' } as ServiceSpec;
    const both = (id: string): GroupSpec => ({ ...group(id), services: [database, ...group(id).services] });
    const { groups, record } = open({ built: release('bad'), group: both('bad') });
    expect(await groups.recorded('notes')).toEqual({ ...group('bad'), services: [database] });
    // What it has said in its log can still be asked for.
    expect(record.current.group?.services).toHaveLength(2);
    await record.save({ ...record.current, release: release('bad') });
    expect(await groups.recorded('notes')).toEqual(both('bad'));
  });

  test('of another release than the one that was built leave the link alone', async () => {
    const { groups } = open({ built: release('b'), release: release('a'), group: group('a') });
    await groups.reconcile(group('a'));
    expect(() => lstatSync(siteLayout(place.sites, 'notes').current)).toThrow('ENOENT');
    expect(asked).toEqual(['notes: a, 0 s']);
  });

  test("are kept apart from the edge's", async () => {
    const { groups, record } = open({ group: group('a'), release: release('a') });
    await groups.reconcile(group('edge', 'edge'));
    expect(await groups.recorded('edge')).toEqual(group('edge', 'edge'));
    expect(record.current.group).toEqual(group('a'));
  });
});
