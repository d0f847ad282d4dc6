import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { layout } from '../../machine/layout.ts';
import { makePlace, placeUsers, unknownId } from './place.ts';

const machine = { cores: 2, memoryBytes: 2e9, programs: {}, installed: { brotliStatic: true } };
const place = (site: string, run = '/run/roadie') =>
  makePlace({
    layout: layout('/var/lib/roadie', run),
    site,
    domains: [`${site}.localhost`],
    ports: { http: 80, https: 443 },
    machine,
    users: { daemon: 'root', component: {} },
    secrets: {},
  });

/** Names as the contract's `siteName` allows them. */
const anyName = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);

describe('makePlace', () => {
  it('lays everything of a site below two folders', () => {
    expect(place('boards')).toMatchObject({
      folders: {
        site: '/var/lib/roadie/sites/boards',
        media: '/var/lib/roadie/sites/boards/data/media',
        files: '/var/lib/roadie/sites/boards/data/files',
        own: '/var/lib/roadie/sites/boards/data/own',
        run: '/run/roadie/boards',
        edgeRun: '/run/roadie/edge',
      },
      webSocket: '/run/roadie/boards/web/web.sock',
    });
  });

  it('has room for the longest socket under any name in the usual run folders', () => {
    fc.assert(
      fc.property(anyName, fc.constantFrom('/run/roadie', '/run/user/1000/roadie'), (site, run) => {
        const made = place(site, run);
        for (const socket of [`${made.webSocket}.abcde`, `${made.folders.run}/postgresql/.s.PGSQL.5432`])
          expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(107);
      }),
    );
  });

  it('refuses a run folder that no socket would fit in', () => {
    expect(() => place('boards', `/tmp/${'x'.repeat(80)}`)).toThrow(/and the kernel takes 107/);
  });
});

describe('placeUsers', () => {
  const home = '/var/lib/roadie/sites/boards';
  const groups = new Map([['roadie-boards_www', 994]]);
  const known = new Map([
    ['roadie-boards', { name: 'roadie-boards', uid: 990, gid: 991, home }],
    ['roadie-boards_build', { name: 'roadie-boards_build', uid: 992, gid: 993, home: `${home}/build` }],
    ['www-data', { name: 'www-data', uid: 33, gid: 33, home: '/var/www' }],
  ]);
  const usual = { base: '/var/lib/roadie', site: 'boards', home, isRoot: true, current: 'root', known, groups };

  it("gives components the site's group, and those that do not exist yet an id that stands for that", () => {
    expect(placeUsers({ ...usual, components: ['postgresql'] })).toEqual({
      daemon: 'root',
      site: { name: 'roadie-boards', uid: 990, gid: 991, groups: [994] },
      build: { name: 'roadie-boards_build', uid: 992, gid: 993, groups: [991, 994] },
      edge: { name: 'www-data', uid: 33, gid: 33 },
      www: { name: 'roadie-boards_www', gid: 994 },
      component: { postgresql: { name: 'roadie-boards_postgresql', uid: unknownId, gid: 991 } },
    });
  });

  it("takes no other Roadie's users for its own", () => {
    const base = '/srv/second';
    const { site, build } = placeUsers({ ...usual, base, home: `${base}/sites/boards`, components: [] });
    expect(site?.name).toMatch(/^roadie-boards-[0-9a-f]{8}$/);
    expect(build?.name).toMatch(/^roadie-boards-[0-9a-f]{8}_build$/);
    expect([site?.uid, build?.uid]).toEqual([unknownId, unknownId]);
  });

  it('keeps the user that a site of another folder has had from the beginning', () => {
    const base = '/srv/second';
    const own = `${base}/sites/boards`;
    const before = new Map([['roadie-boards', { name: 'roadie-boards', uid: 990, gid: 991, home: own }]]);
    expect(placeUsers({ ...usual, base, home: own, known: before, components: [] }).site?.name).toBe('roadie-boards');
  });

  it('is the current user for everything without root', () => {
    expect(placeUsers({ ...usual, isRoot: false, current: 'ada', components: ['postgresql'] })).toEqual({
      daemon: 'ada',
      component: {},
    });
  });
});
