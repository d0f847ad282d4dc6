import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { appliedMigrations, finishedReleases, wasLive } from './releases.ts';

let releases: string;
beforeEach(() => {
  releases = mkdtempSync(join(tmpdir(), 'roadie-releases-'));
});
afterEach(() => rmSync(releases, { recursive: true, force: true }));

function release(id: string, files: Readonly<Record<string, unknown>>): void {
  mkdirSync(join(releases, id));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(releases, id, name), JSON.stringify(content));
}

const [first, second, third] = ['20260301-100000-aaa1111', '20260302-100000-bbb1111', '20260303-100000-ccc1111'];
const migrated = (id: string, ...applied: readonly string[]): object => ({ id, migrations: { applied, risks: [] } });

test('releases are listed newest first: those that were live, and those that were only built', async () => {
  release(first, { 'release.json': migrated(first, 'shop.0001'), 'blueprint.json': { site: 'shop', facts: {} } });
  release(second, { 'release.json': migrated(second, 'shop.0001', 'shop.0002') });
  release(third, {});
  mkdirSync(join(releases, 'somebody-elses'));
  const finished = await finishedReleases(releases);
  expect(finished.map(({ record }) => record.id)).toEqual([second, first]);
  expect(finished.map(wasLive)).toEqual([false, true]);
});

test('what any of them has migrated, the database has', async () => {
  release(first, { 'release.json': migrated(first, 'shop.0001') });
  release(second, { 'release.json': migrated(second, 'shop.0001', 'shop.0002') });
  expect((await appliedMigrations(releases)).toSorted()).toEqual(['shop.0001', 'shop.0002']);
  expect(await appliedMigrations(join(releases, 'nowhere'))).toEqual([]);
});
