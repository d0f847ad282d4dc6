import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { EdgePlace } from '../../../src/components/edge/place.ts';
import type { SiteInput } from '../../../src/components/edge/site-input.ts';
import { edgePaths, edgePlace, siteConfiguration, sitePaths } from '../../../src/components/nginx/index.ts';
import { mainConfiguration } from '../../../src/components/nginx/main-configuration.ts';
import { prepareScript, startScript } from '../../../src/components/nginx/scripts.ts';

/** `UPDATE_GOLDEN=1 npm test -- test/golden/nginx` writes the files anew; read the difference before you commit it. */
const update = process.env['UPDATE_GOLDEN'] === '1';

async function expectGolden(name: string, actual: string): Promise<void> {
  const path = join(import.meta.dirname, name);
  if (update) await writeFile(path, actual);
  expect(actual).toBe(await readFile(path, 'utf8'));
}

const root: EdgePlace = {
  folder: '/var/lib/roadie/edge',
  run: '/run/roadie/edge',
  program: '/usr/sbin/nginx',
  modules: '/usr/lib/nginx/modules',
  brotli: { static: true, filter: true },
  user: { uid: 33, gid: 33, name: 'www-data' },
  cores: 2,
  addresses: ['0.0.0.0', '::'],
  sites: [
    { name: 'boards', ports: { http: 80, https: 443 } },
    { name: 'shop', ports: { http: 80, https: 443 } },
    { name: 'trial', ports: { http: 8080, https: 8443 } },
  ],
};

const home: EdgePlace = {
  folder: '/home/ada lovelace/.local/state/roadie/edge',
  run: '/run/user/1000/roadie/edge',
  program: '/usr/sbin/nginx',
  modules: '/usr/lib/nginx/modules',
  brotli: { static: false, filter: false },
  cores: 2,
  addresses: ['0.0.0.0'],
  sites: [{ name: 'trial', ports: { http: 8080, https: 8443 } }],
};

function site(edge: EdgePlace, name: string, changes: Partial<SiteInput>): SiteInput {
  const paths = sitePaths(edge.folder, name);
  return {
    site: name,
    domains: [`${name}.localhost`],
    ports: edge.sites.find((one) => one.name === name)?.ports ?? { http: 80, https: 443 },
    addresses: edge.addresses,
    certificate: { chain: paths.certificate, key: paths.key },
    webSocket: `/run/roadie/${name}/web/web.sock`,
    static: null,
    media: null,
    uploadLimitMb: 25,
    answerSeconds: 65,
    brotliStatic: edge.brotli.static,
    framesByDjango: true,
    hsts: null,
    retry: true,
    accessLog: paths.accessLog,
    acme: edgePaths(edge).acme,
    pages: edgePaths(edge).pages,
    hookSocket: edgePaths(edge).hook,
    ...changes,
  };
}

const served = (url: string, folder: string) => ({ url, folder, within: folder });

describe("the host's nginx.conf", () => {
  it('as root, with three sites on two pairs of ports', () => expectGolden('main-root.conf', mainConfiguration(root)));
  it('without root, without brotli and without IPv6', () => expectGolden('main-home.conf', mainConfiguration(home)));
  it('without any site it listens on no port', () => {
    expect(mainConfiguration({ ...root, sites: [] }).match(/^ *listen .*$/gm)).toStrictEqual(['        listen unix:/run/roadie/edge/status.sock;']);
  });
});

describe('the scripts', () => {
  it('choose the sites that NGINX accepts', () => expectGolden('prepare', prepareScript(home)));
  it('start NGINX', () => expectGolden('start', startScript(root)));
});

describe("a site's file", () => {
  it('on the usual ports, with nothing but Django', () => expectGolden('site-plain.conf', siteConfiguration(site(root, 'boards', {}))));

  it('on other ports, with two domains, static files and uploads', () =>
    expectGolden(
      'site-full.conf',
      siteConfiguration(
        site(root, 'trial', {
          domains: ['Trial.example', 'www.trial.example'],
          static: served('/assets/static/', '/var/lib/roadie/sites/trial/current/static'),
          media: { url: '/media/', folder: '/var/lib/roadie/sites/trial/data/media/albums', within: '/var/lib/roadie/sites/trial/data/media' },
          uploadLimitMb: 200,
          answerSeconds: 65,
          framesByDjango: false,
          hsts: 'max-age=3600; includeSubDomains',
          retry: false,
          limits: { requestsPerSecond: 20, connections: 50 },
        }),
      ),
    ));

  it('without root, with a space in the path and no brotli', () =>
    expectGolden(
      'site-home.conf',
      siteConfiguration(site(home, 'trial', { webSocket: '/run/user/1000/roadie/trial/web/web.sock', static: served('/static/', '/home/ada lovelace/.local/state/roadie/sites/trial/current/static') })),
    ));

  it.each(['a; } server {', 'a.example b.example', '"a"', '$host', 'a\n', '', '-a.example', '~^.*$'])('is not made for what is no domain: %j', (domain) => {
    expect(() => siteConfiguration(site(root, 'boards', { domains: [domain] }))).toThrow('is not a domain');
  });

  it.each(['/', '/static', 'static/', '//', '/a/../b/'])('is not made with a folder at %j', (url) => {
    expect(() => siteConfiguration(site(root, 'boards', { static: served(url, '/srv/static') }))).toThrow("cannot be a folder's address");
  });

  it.each(['/srv/$uri', '/srv/a\nb', ''])('is not made with a path that NGINX would read otherwise: %j', (folder) => {
    expect(() => siteConfiguration(site(root, 'boards', { media: served('/media/', folder) }))).toThrow("cannot stand in NGINX's configuration");
  });
});

describe('edgePlace', () => {
  it("is the host's NGINX as a site's place tells it", () => {
    const place = edgePlace(
      {
        site: 'boards',
        domains: ['boards.localhost'],
        ports: { http: 80, https: 443 },
        folders: { site: '/s', releases: '/s/releases', config: '/s/config', data: '/s/data', media: '/s/data/media', files: '/s/data/files', own: '/s/data/own', logs: '/s/logs', backups: '/s/backups', cache: '/s/cache', build: '/s/build', checkouts: '/s/checkouts', run: '/r', edge: '/e', edgeRun: '/re' },
        webSocket: '/r/web.sock',
        users: { component: {}, daemon: 'root', edge: { uid: 33, gid: 33, name: 'www-data' } },
        machine: { cores: 2, memoryBytes: 2 ** 31, programs: { nginx: '/usr/sbin' }, installed: { brotliStatic: true } },
        secrets: {},
      },
      [{ name: 'boards', ports: { http: 80, https: 443 } }],
      ['0.0.0.0'],
    );
    expect(place).toMatchObject({ folder: '/e', run: '/re', program: '/usr/sbin/nginx', brotli: { static: true, filter: false }, user: { name: 'www-data' } });
  });
});
