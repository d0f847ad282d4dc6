import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { SiteRecord } from './record.ts';
import { type Layout, layout } from '../machine/layout.ts';
import { SiteRecords } from './store.ts';

let place: Layout;
beforeEach(() => {
  const folder = mkdtempSync('/tmp/roadie-records-');
  place = layout(folder, folder);
});
afterEach(() => rmSync(place.base, { recursive: true, force: true }));

function record(name: string): SiteRecord {
  return {
    name,
    request: { kind: 'up' } as SiteRecord['request'],
    domains: [`${name}.example`],
    ports: { http: 80, https: 443 },
    ownerEnvironment: { API_KEY: 'canary' },
    secrets: {},
  };
}

describe("the sites' records", () => {
  test('are kept by name, where only their owner reads them', async () => {
    const records = new SiteRecords(place);
    expect(await records.all()).toEqual([]);
    for (const name of ['forum', 'blog']) await records.write(record(name));
    await records.write(record('forum'));
    expect(await records.names()).toEqual(['blog', 'forum']);
    expect(await records.all()).toEqual([record('blog'), record('forum')]);
    expect(statSync(join(place.state, 'sites')).mode & 0o777).toBe(0o700);
    for (const file of ['forum.json', 'forum.json.previous'])
      expect(statSync(join(place.state, 'sites', file)).mode & 0o777).toBe(0o600);
    await records.remove('forum');
    expect(await records.names()).toEqual(['blog']);
    expect(await records.read('forum')).toBeUndefined();
  });

  test('of the other sites are served where one is damaged, which is told once each time it happens', async () => {
    const told: unknown[] = [];
    const records = new SiteRecords(place, (site, problem) => told.push([site, problem.code]));
    for (const name of ['blog', 'forum']) await records.write(record(name));
    const file = join(place.state, 'sites', 'blog.json');
    const good = readFileSync(file);
    writeFileSync(file, 'damaged');
    expect(await records.all()).toEqual([record('forum')]);
    expect(await records.all()).toEqual([record('forum')]);
    expect(told).toEqual([['blog', 'state-damaged']]);
    writeFileSync(file, good);
    expect(await records.all()).toHaveLength(2);
    writeFileSync(file, 'damaged');
    await records.all();
    expect(told).toHaveLength(2);
    await expect(records.read('blog')).rejects.toThrow('checksum');
  });

  test('stop who changes things where one is damaged', async () => {
    const records = new SiteRecords(place);
    await records.write(record('blog'));
    writeFileSync(join(place.state, 'sites', 'blog.json'), 'damaged');
    await expect(records.all()).rejects.toMatchObject({ problems: [{ code: 'state-damaged' }] });
  });
});
