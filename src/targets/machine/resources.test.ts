import { describe, expect, it } from 'vitest';

import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { ReleaseRecord } from '../../sites/record.ts';
import { component, type Component } from '../../components/component.ts';
import type { Place } from '../../components/place.ts';
import { layout } from '../../machine/layout.ts';
import { standardRestart } from '../../components/standard-restart.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { Resource } from './resource.ts';
import type { ResourceOf } from './host.ts';
import { makePlace, placeUsers } from './place.ts';
import { wantedResources, type EdgeParts, type Wanted } from './resources.ts';

const known = new Map([
  ['roadie-boards', { name: 'roadie-boards', uid: 990, gid: 991 }],
  ['www-data', { name: 'www-data', uid: 33, gid: 33 }],
  ['roadie-boards_build', { name: 'roadie-boards_build', uid: 992, gid: 993 }],
  ['roadie-boards_store', { name: 'roadie-boards_store', uid: 110, gid: 111 }],
]);
const groups = new Map([['roadie-boards_www', 992]]);
const paths = layout('/var/lib/roadie', '/run/roadie');

function placeFor(isRoot: boolean): Place {
  const users = placeUsers({
    base: paths.base,
    site: 'boards',
    home: '/var/lib/roadie/sites/boards',
    isRoot,
    current: isRoot ? 'root' : 'ada',
    known,
    groups,
    components: ['store'],
  });
  const machine = { cores: 2, memoryBytes: 2e9, programs: {}, installed: { brotliStatic: true } };
  return makePlace({
    layout: paths,
    site: 'boards',
    domains: ['boards.localhost'],
    ports: { http: 80, https: 443 },
    machine,
    users,
    secrets: { 'secret-key': 'canary' },
  });
}

const spec = (group: string, name: string, release?: string): ServiceSpec => ({
  group,
  name,
  command: ['/bin/true'],
  directory: '/',
  environment: {},
  sockets: [],
  passing: 'none',
  after: [],
  readiness: { probe: { kind: 'running', seconds: 1 }, timeoutSeconds: 5 },
  stop: { signal: 'SIGTERM', timeoutSeconds: 5 },
  restart: standardRestart,
  replace: 'restart',
  log: { path: '/dev/null', maxBytes: 1, keep: 0 },
  ...(release !== undefined && { release }),
});

const nothing: Omit<Component, 'name' | 'title' | 'roles' | 'runsAs'> = {
  about: '',
  options: { parse: () => ({}) } as unknown as Component['options'],
  detect: () => undefined,
  packages: () => ({ debian: [], python: [] }),
  folders: () => [],
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: () => [],
};
const store = component({
  ...nothing,
  name: 'store',
  title: 'Store',
  roles: ['cache'],
  runsAs: 'own',
  packages: () => ({ debian: ['store-server', 'shared'], python: [] }),
  folders: (_options, place) => [
    { path: `${place.folders.data}/store`, owner: 'component', group: 'component', mode: 0o700 },
    { path: `${place.folders.run}/store`, owner: 'component', group: 'site', mode: 0o750 },
  ],
  files: (_options, place) => [
    { path: `${place.folders.config}/store.conf`, owner: 'root', group: 'site', mode: 0o640, content: 'port 0\n' },
    {
      path: `${place.folders.config}/store.key`,
      owner: 'root',
      group: 'site',
      mode: 0o640,
      content: `key ${place.secrets['secret-key'] ?? ''}\n`,
    },
  ],
  setup: () => [
    { title: 'Store rights', because: '', unless: ['/bin/false'], run: ['/bin/true'], as: 'component', when: 'after' },
    { title: 'Store data', because: '', unless: ['/bin/false'], run: ['/bin/true'], as: 'component', when: 'before' },
    { title: 'Store root', because: '', unless: ['/bin/false'], run: ['/bin/true'], as: 'root', when: 'before' },
  ],
  services: (_options, place) => [spec(place.site, 'store')],
});
const server = component({
  ...nothing,
  name: 'server',
  title: 'Server',
  roles: ['web'],
  runsAs: 'site',
  packages: () => ({ debian: ['shared'], python: [] }),
  releaseServices: (_options, place, release) => [spec(place.site, 'web', release.id)],
});

const edge = (place: Place, release: boolean): EdgeParts => ({
  name: 'nginx',
  title: 'NGINX',
  folders: [
    { path: place.folders.edge, owner: 'root', group: 'root', mode: 0o755 },
    { path: place.folders.edgeRun, owner: 'root', group: 'root', mode: 0o700 },
  ],
  files: [
    { path: `${place.folders.edge}/nginx.conf`, owner: 'root', group: 'root', mode: 0o644, content: 'events {}\n' },
  ],
  services: [spec('edge', 'nginx')],
  siteFiles: release
    ? [
        {
          path: `${place.folders.edge}/sites/boards.conf`,
          owner: 'root',
          group: 'root',
          mode: 0o644,
          content: 'server {}\n',
        },
      ]
    : undefined,
});

const because = { says: 'found' };
const blueprint = {
  site: 'boards',
  domains: ['boards.localhost'],
  ports: { http: 80, https: 443 },
  components: [
    { name: 'store', options: {}, because },
    { name: 'server', options: {}, because },
  ],
  source: { kind: 'folder', path: '/srv/boards', revision: 'r' },
  facts: {
    systemPackages: [
      { value: 'libpq-dev', because: { says: 'psycopg2 is built from source' } },
      { value: 'shared', because: { says: 'again' } },
    ],
  },
} as unknown as Blueprint;
const release = { id: 'r1', fingerprint: 'f' } as ReleaseRecord;

function wanted(given: { readonly release?: ReleaseRecord; readonly isRoot?: boolean } = {}): Wanted {
  const place = placeFor(given.isRoot ?? true);
  return wantedResources(blueprint, place, given.release, {
    layout: paths,
    components: [store, server],
    edge: edge(place, given.release !== undefined),
    releaseFingerprint: 'f',
    packages: [{ name: 'python3-venv', because: 'always' }],
  });
}
const find = <K extends Resource['kind']>(kind: K, id: string, list = wanted()): ResourceOf<K> => {
  const found = list.resources.find(
    (resource): resource is ResourceOf<K> => resource.kind === kind && resource.id === `${kind}:${id}`,
  );
  if (!found) throw new Error(`no ${kind}:${id}`);
  return found;
};

describe('wantedResources', () => {
  it('makes what others stand on first: the release behind data services and NGINX, what runs it behind the release', () => {
    const order = wanted({ release })
      .resources.map((resource) => resource.kind)
      .filter((kind, index, all) => kind !== all[index - 1]);
    expect(order).toEqual([
      'package',
      'user',
      'group',
      'folder',
      'file',
      'certificate',
      'command',
      'service',
      'command',
      'file',
      'service',
      'release',
      'service',
      'file',
    ]);
  });

  it('has each id once', () => {
    const ids = wanted({ release }).resources.map((resource) => resource.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('wants every package once, with the first reason for it', () => {
    const packages = wanted().resources.filter((resource) => resource.kind === 'package');
    expect(packages.map((resource) => resource.wanted.name)).toEqual([
      'python3-venv',
      'store-server',
      'shared',
      'libpq-dev',
    ]);
    expect(packages.find((resource) => resource.wanted.name === 'shared')?.because).toBe('found');
  });

  it('leaves what needs a release for later while there is none', () => {
    const before = wanted();
    expect(before.later.map((later) => later.title)).toEqual(['services of Server', 'NGINX site boards.localhost']);
    expect(before.groups.site.services.map((service) => service.name)).toEqual(['store']);
    expect(before.resources.at(-1)?.kind).toBe('release');
    const after = wanted({ release });
    expect(after.later).toEqual([]);
    expect(after.groups.site.services.map((service) => service.name)).toEqual(['store', 'web']);
  });

  it('gives each folder to whom it belongs', () => {
    const base = '/var/lib/roadie/sites/boards';
    expect(find('folder', `${base}/releases`).wanted).toMatchObject({ ownership: { uid: 0, gid: 0 }, mode: 0o711 });
    expect(find('folder', `${base}/config`).wanted).toMatchObject({ ownership: { uid: 0, gid: 991 }, mode: 0o750 });
    expect(find('folder', `${base}/data/media`).wanted).toMatchObject({
      ownership: { uid: 990, gid: 992 },
      mode: 0o2750,
    });
    expect(find('folder', `${base}/data/store`).wanted).toMatchObject({
      ownership: { uid: 110, gid: 991 },
      mode: 0o700,
    });
    expect(find('folder', '/run/roadie/boards/web').wanted).toMatchObject({
      ownership: { uid: 0, gid: 33 },
      mode: 0o710,
    });
  });

  it('lets the site write in no folder that root writes in', () => {
    const writable = wanted({ release }).resources.flatMap((resource) =>
      resource.kind === 'folder' &&
      (resource.wanted.ownership?.uid === 990 ||
        (resource.wanted.ownership?.gid === 991 && (resource.wanted.mode & 0o020) !== 0) ||
        (resource.wanted.mode & 0o002) !== 0)
        ? [resource.wanted.path]
        : [],
    );
    expect(writable).toEqual([
      '/var/lib/roadie/sites/boards/data/media',
      '/var/lib/roadie/sites/boards/data/files',
      '/var/lib/roadie/sites/boards/cache',
    ]);
  });

  it('has parents before what is in them', () => {
    const folders = wanted({ release }).resources.flatMap((resource) =>
      resource.kind === 'folder' ? [resource.wanted.path] : [],
    );
    for (const [index, path] of folders.entries())
      for (const later of folders.slice(index + 1))
        expect(path.startsWith(`${later}/`), `${later} comes after ${path}`).toBe(false);
  });

  it('hands the folders below /run to the daemon, for after a reboot', () => {
    const { groups } = wanted();
    expect(groups.site.folders).toEqual([
      { path: '/run/roadie/boards', mode: 0o711, uid: 0, gid: 0 },
      { path: '/run/roadie/boards/web', mode: 0o710, uid: 0, gid: 33 },
      { path: '/run/roadie/boards/store', mode: 0o750, uid: 110, gid: 991 },
    ]);
    expect(groups.edge).toMatchObject({
      folders: [{ path: '/run/roadie/edge', mode: 0o700 }],
      services: [{ name: 'nginx' }],
    });
  });

  it('knows a file that holds a secret', () => {
    expect(find('file', '/var/lib/roadie/sites/boards/config/store.key').wanted.secret).toBe(true);
    expect(find('file', '/var/lib/roadie/sites/boards/config/store.conf').wanted.secret).toBe(false);
  });

  it("runs commands as the component's user, and as the daemon where they are root's", () => {
    expect(find('command', 'store/Store data').wanted.user).toEqual({
      name: 'roadie-boards_store',
      uid: 110,
      gid: 991,
    });
    expect(find('command', 'store/Store root').wanted.user).toBeUndefined();
  });

  it('wants no user and sets no owner without root', () => {
    const without = wanted({ release, isRoot: false });
    expect(without.resources.some((resource) => resource.kind === 'user')).toBe(false);
    expect(JSON.stringify(without)).not.toContain('"ownership"');
    expect(JSON.stringify(without)).not.toContain('"uid"');
  });

  it('throws for a component that does not exist', () => {
    const place = placeFor(true);
    expect(() =>
      wantedResources(blueprint, place, undefined, {
        layout: paths,
        components: [store],
        edge: edge(place, false),
        releaseFingerprint: 'f',
        packages: [],
      }),
    ).toThrow('there is no component server');
  });
});
