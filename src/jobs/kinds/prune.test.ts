import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sampleRecord } from '../../../test/rig/samples.ts';
import { layout } from '../../machine/layout.ts';
import { keptReleases } from '../../sites/releases.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import type { JobContext } from '../context.ts';
import { prune } from './prune.ts';

let folder: string;
let records: Map<string, SiteRecord | Error>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-prune-'));
  records = new Map();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const places = (): ReturnType<typeof layout> => layout(folder, join(folder, 'run'));

async function pruned(): Promise<readonly string[]> {
  const context = {
    layout: places(),
    records: {
      names: () => Promise.resolve([...records.keys()]),
      read: (name: string) => {
        const found = records.get(name);
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
      },
    },
  } as unknown as JobContext;
  return (await prune(context)).removed;
}

/** Releases of a site, the oldest first. */
async function release(site: string, count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, (_none, index) => `20260301-1200${String(index).padStart(2, '0')}-abcdef0`);
  for (const id of ids) {
    const made = join(places().sites, site, 'releases', id);
    await mkdir(made, { recursive: true });
    await writeFile(join(made, 'release.json'), JSON.stringify({ id }));
  }
  return ids;
}

const left = async (site: string): Promise<readonly string[]> =>
  (await readdir(join(places().sites, site, 'releases'))).toSorted();

describe('prune', () => {
  test('keeps the newest releases, what is live and what it can go back to, whatever their age', async () => {
    const ids = await release('forum', keptReleases + 4);
    const [oldest = '', second = ''] = ids;
    records.set(
      'forum',
      sampleRecord({
        release: { id: oldest } as ReleaseRecord,
        bake: { previous: second } as NonNullable<SiteRecord['bake']>,
      }),
    );
    await pruned();
    expect(await left('forum')).toEqual([oldest, second, ...ids.slice(-keptReleases)]);
    expect(await pruned()).toEqual([]);
  });

  test('touches nothing of a site whose record is damaged', async () => {
    const ids = await release('forum', keptReleases + 4);
    records.set('forum', new Error('damaged'));
    expect(await pruned()).toEqual([]);
    expect(await left('forum')).toEqual(ids);
  });

  test('empties the trash of what is older than a week, and leaves what Roadie has not put there', async () => {
    const { trash } = places();
    const names = ['forum-2020-01-01T00-00-00-000Z', 'forum-2999-01-01T00-00-00-000Z', 'mine'];
    for (const name of names) await mkdir(join(trash, name), { recursive: true });
    expect(await pruned()).toEqual([join(trash, 'forum-2020-01-01T00-00-00-000Z')]);
    expect((await readdir(trash)).toSorted()).toEqual(names.slice(1));
  });
});
