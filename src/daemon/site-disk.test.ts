import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { SiteRecord } from '../sites/record.ts';
import { layout } from '../machine/layout.ts';
import type { GroupSpec, ServiceSpec } from '../services/service.ts';
import { siteDisk } from './site-disk.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'roadie-disk-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(path: string, bytes: number): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), 'x'.repeat(bytes));
}

const record = {
  name: 'shop',
  group: {
    group: 'shop',
    folders: [],
    services: [{ log: { maxBytes: 1000, keep: 5 } }, { log: { maxBytes: 100, keep: 0 } }] as unknown as ServiceSpec[],
  },
} as unknown as SiteRecord;

test('a site has so many finished releases, and logs of its own and of NGINX', async () => {
  write('sites/shop/releases/20261121-101530-7c2cb3b/release.json', 2);
  write('sites/shop/releases/20261122-101530-8d3dc4c/release.json', 2);
  write('sites/shop/releases/half/code/manage.py', 2);
  write('sites/shop/logs/web.log', 30);
  write('sites/shop/logs/web.log.1', 40);
  write('edge/logs/shop.access.log', 5);
  write('edge/logs/shop.access.log.1', 6);
  write('edge/logs/shop-two.access.log', 700);
  const ownLogs = { folder: join(base, 'edge/logs'), suffix: '.access.log', maxBytes: 2000, keep: 4 };
  const edge = { group: 'edge', folders: [], services: [{ ownLogs }] } as unknown as GroupSpec;
  expect(await siteDisk(record, edge, layout(base, base))).toEqual({
    releases: 2,
    releases_limit: 5,
    logs_bytes: 81,
    logs_limit_bytes: 6000 + 100 + 10_000,
  });
});

test('one that has nothing yet has nothing', async () => {
  expect(await siteDisk({ name: 'shop' } as SiteRecord, undefined, layout(base, base))).toEqual({
    releases: 0,
    releases_limit: 5,
    logs_bytes: 0,
    logs_limit_bytes: 0,
  });
});
