import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { layout } from '../../machine/layout.ts';
import { makePlace, placeUsers, siteGroup, siteUser, unknownId } from './place.ts';

const machine = { cores: 2, memoryBytes: 2e9, programs: {}, nginxBrotli: true };
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

describe('siteUser', () => {
  it('is roadie-NAME where useradd takes that', () => {
    expect(siteUser('boards')).toBe('roadie-boards');
    expect(siteUser('a'.repeat(25))).toBe(`roadie-${'a'.repeat(25)}`);
  });

  it('is never longer than 32 characters, and different for different sites', () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        expect(siteUser(one).length).toBeLessThanOrEqual(32);
        expect(siteUser(one) === siteUser(other)).toBe(one === other);
      }),
    );
    expect(siteUser(`${'a'.repeat(30)}b`)).not.toBe(siteUser(`${'a'.repeat(30)}c`));
  });
});

describe('siteGroup', () => {
  it("is never longer than 32 characters, different for different sites, and no site's user", () => {
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        const [group, another] = [siteGroup(siteUser(one)), siteGroup(siteUser(other))];
        expect(group.length).toBeLessThanOrEqual(32);
        expect(group === another).toBe(one === other);
        expect(group).not.toBe(siteUser(other));
      }),
    );
    expect(siteGroup(siteUser('boards'))).toBe('roadie-boards_www');
  });
});

describe('makePlace', () => {
  it('lays everything of a site below two folders', () => {
    expect(place('boards')).toMatchObject({
      folders: {
        site: '/var/lib/roadie/sites/boards',
        media: '/var/lib/roadie/sites/boards/data/media',
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
  const groups = new Map([['roadie-boards_www', 992]]);
  const known = new Map([
    ['roadie-boards', { name: 'roadie-boards', uid: 990, gid: 991 }],
    ['www-data', { name: 'www-data', uid: 33, gid: 33 }],
  ]);

  it("gives components the site's group, and those that do not exist yet an id that stands for that", () => {
    expect(
      placeUsers({ site: 'boards', isRoot: true, current: 'root', known, groups, components: ['postgres'] }),
    ).toEqual({
      daemon: 'root',
      site: { name: 'roadie-boards', uid: 990, gid: 991, groups: [992] },
      edge: { name: 'www-data', uid: 33, gid: 33 },
      www: { name: 'roadie-boards_www', gid: 992 },
      component: { postgres: { name: 'postgres', uid: unknownId, gid: 991 } },
    });
  });

  it('is the current user for everything without root', () => {
    expect(
      placeUsers({ site: 'boards', isRoot: false, current: 'ada', known, groups, components: ['postgres'] }),
    ).toEqual({
      daemon: 'ada',
      component: {},
    });
  });
});
