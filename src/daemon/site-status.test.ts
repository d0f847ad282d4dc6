import { expect, test } from 'vitest';

import type { ReleaseRecord, SiteRecord } from '../sites/record.ts';
import type { ServiceStatus } from '../contract/status.ts';
import { siteStatus } from './site-status.ts';

const record: SiteRecord = {
  name: 'forum',
  request: { kind: 'up' } as SiteRecord['request'],
  domains: ['forum.example', 'www.forum.example'],
  ports: { http: 80, https: 8443 },
  ownerEnvironment: {},
  secrets: {},
  release: { id: '20260101-000000-abc' } as ReleaseRecord,
  group: { group: 'forum', folders: [], services: [] },
};

const disk = { releases: 1, releases_limit: 5, logs_bytes: 10, logs_limit_bytes: 100 };

function services(...states: readonly ServiceStatus['state'][]): readonly ServiceStatus[] {
  return states.map((state, index) => ({
    name: `service-${index}`,
    state,
    pid: null,
    since: '2026-01-01T00:00:00.000Z',
    restarts: 0,
    memory_bytes: null,
    cpu_percent: null,
  }));
}

const quiet = { bake: null, held: null, alarms: [] };

test.each<[string, readonly ServiceStatus['state'][]]>([
  ['live', ['ready', 'ready']],
  ['starting', ['ready', 'starting']],
  ['starting', ['ready', 'stopping']],
  ['degraded', ['ready', 'failed']],
  ['degraded', ['ready', 'waiting']],
  ['degraded', ['ready', 'down']],
  ['degraded', ['starting', 'failed']],
  ['stopped', ['down', 'down']],
  ['stopped', ['down', 'stopping']],
  ['incomplete', []],
])('a site is %s where its services are %j', (state, states) => {
  expect(siteStatus(record, services(...states), disk, quiet)).toMatchObject({
    state,
    url: 'https://forum.example:8443/',
    release: '20260101-000000-abc',
  });
});

test('a site whose service is in a crash loop is degraded, however ready it is for the moment', () => {
  const told = (loop: boolean): unknown => {
    const early = { early_ends: { count: 9, loop, error: 'ImportError: no' } };
    return siteStatus(
      record,
      services('ready', 'ready').map((each) => ({ ...each, ...early })),
      disk,
      quiet,
    ).state;
  };
  expect([told(true), told(false)]).toEqual(['degraded', 'live']);
});

test('a site without a release is incomplete, whatever runs already', () => {
  const { release: _, ...rest } = record;
  expect(siteStatus(rest, services('ready'), disk, quiet)).toMatchObject({ state: 'incomplete', release: null });
});

test('ports that are open to everybody are shown where there are any', () => {
  expect(siteStatus(record, services('ready'), disk, quiet)).not.toHaveProperty('open_ports');
  const open = { group: 'forum', address: '0.0.0.0', port: 8000, uid: 990, inode: '1', pid: 5, program: 'python' };
  expect(siteStatus(record, services('ready'), disk, quiet, [open]).open_ports).toEqual([
    { address: '0.0.0.0', port: 8000, service: null, pid: 5, program: 'python' },
  ]);
});
