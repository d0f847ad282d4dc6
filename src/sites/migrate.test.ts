import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { type Layout, layout, siteLayout } from '../machine/layout.ts';
import { finishedReleases } from './releases.ts';
import { SiteRecords } from './store.ts';

/** Written by Roadie when blueprints had domains and ports as well; only names, paths and secrets are others. */
const old = fileURLToPath(new URL('../../test/golden/records/domains-in-blueprint.json', import.meta.url));

let place: Layout;
beforeEach(() => {
  const folder = mkdtempSync('/tmp/roadie-records-');
  place = layout(folder, folder);
});
afterEach(() => rmSync(place.base, { recursive: true, force: true }));

test('a record of an earlier version is read whole, and where the site answers is said once', async () => {
  const file = join(place.state, 'sites', 'notes.json');
  mkdirSync(dirname(file), { recursive: true });
  cpSync(old, file);
  const records = new SiteRecords(place);
  const record = await records.read('notes');
  expect(record).toMatchObject({
    name: 'notes',
    domains: ['notes.localhost'],
    ports: { http: 80, https: 443 },
    secrets: { 'secret-key': expect.stringMatching(/^\w{64}$/) },
    release: { id: '20261128-010553-4debfd8' },
    bake: { release: '20261128-010553-4debfd8' },
    blueprint: { site: 'notes', healthPath: '/health/', uploadLimitMb: 25 },
  });
  expect(record?.blueprint).not.toHaveProperty('domains');
  expect(record?.blueprint).not.toHaveProperty('ports');
  expect(await records.all()).toEqual([record]);

  if (record) await records.write(record);
  expect(await records.read('notes')).toEqual(record);
});

test('so is the blueprint beside a release, and what a site that was taken down has left', async () => {
  const { releases, folder } = siteLayout(place.sites, 'notes');
  const id = '20261128-010553-4debfd8';
  mkdirSync(join(releases, id), { recursive: true });
  writeFileSync(join(releases, id, 'release.json'), JSON.stringify({ id }));
  const blueprint = {
    site: 'notes',
    domains: ['notes.localhost'],
    ports: { http: 80, https: 443 },
    healthPath: '/',
    facts: { folder: '/srv/notes' },
  };
  writeFileSync(join(releases, id, 'blueprint.json'), JSON.stringify(blueprint));
  expect(await finishedReleases(releases)).toEqual([
    { record: { id }, blueprint: { site: 'notes', healthPath: '/', facts: {} } },
  ]);

  mkdirSync(join(folder, 'config'), { recursive: true });
  cpSync(old, join(folder, 'config', 'site.json'));
  const kept = await new SiteRecords(place).readKept('notes');
  expect(kept).toMatchObject({ domains: ['notes.localhost'], ports: { https: 443 } });
  expect(kept?.blueprint).not.toHaveProperty('domains');
});
