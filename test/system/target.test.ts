import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Blueprint } from '../../src/blueprint/blueprint.ts';
import type { ReleaseRecord } from '../../src/sites/record.ts';
import { ensureCertificate } from '../../src/certificates/ensure.ts';
import type { Place } from '../../src/components/place.ts';
import { layout } from '../../src/machine/layout.ts';
import { allComponents } from '../../src/components/index.ts';
import { findPrograms } from '../../src/machine/packages/programs.ts';
import { edgeOfBlueprint, edgeParts, edgePathsOf } from '../../src/targets/machine/edge-parts.ts';
import { makePlace } from '../../src/targets/machine/place.ts';
import { wantedResources } from '../../src/targets/machine/resources.ts';
import { exists, readText } from '../../src/machine/files/files.ts';
import { letServicesGo, holdServices } from '../../src/machine/packages/package-services.ts';
import { finishInstallation, installedPackages, installPackages } from '../../src/machine/packages/packages.ts';
import { isRoot } from '../../src/machine/system.ts';
import type { Observed, Resource } from '../../src/targets/machine/resource.ts';
import type { ProblemError } from '../../src/problems/problem.ts';
import { applyKind, observeAll } from '../../src/targets/machine/observe.ts';
import { emptyWanted, makeFolder, testHost, type TestHost } from '../contracts/machine-target-host.ts';

const policy = '/usr/sbin/policy-rc.d';
/** Small, and with a service that its package would start and enable. */
const servant = 'uptimed';
const tiny = 'hello';
const administrators = '#!/bin/sh\n# the administrator\nexit 0\n';
let folder: string;
let journal: string;
let ownPolicy: string | undefined;

/** Installed by somebody else: then it is not this test's to remove. */
const taken = [tiny, servant].some((name) => spawnSync('dpkg-query', ['-W', name]).status === 0);

// Only root can install packages.
describe.skipIf(!isRoot() || taken)('installPackages', () => {
  beforeAll(async () => {
    // A run that was killed between two lines of a test leaves Roadie's policy, or the one that the test wrote: neither is the machine's.
    await letServicesGo(join(tmpdir(), 'roadie-no-journal'));
    if ((await readText(policy)) === administrators) await rm(policy, { force: true });
    ownPolicy = await readText(policy);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roadie-packages-'));
    journal = join(folder, 'journal');
    purge(tiny);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    purge(tiny);
    // oxlint-disable-next-line vitest/no-standalone-expect -- what every test must leave as it was
    expect(await readText(policy)).toBe(ownPolicy);
  });
  afterAll(async () => {
    if (ownPolicy !== undefined) await writeFile(policy, ownPolicy, { mode: 0o755 });
  });

  const install = (...names: string[]): Promise<void> => installPackages(names, { journal, log: join(folder, 'log') });

  it('installs a package, logs what apt says, and leaves no note behind', async () => {
    expect((await installedPackages()).has(tiny)).toBe(false);
    await install(tiny);
    expect((await installedPackages()).get(tiny)).toMatch(/^\d/);
    expect(await readFile(join(folder, 'log'), 'utf8')).toContain(`Setting up ${tiny}`);
    expect(await exists(journal)).toBe(false);
  });

  it('runs no apt where everything is installed', async () => {
    await install('base-files', 'dpkg');
    expect(await exists(join(folder, 'log'))).toBe(false);
  });

  it('names the package that apt does not know, with its words', async () => {
    const error = await install('roadie-no-such-package').then(
      () => undefined,
      (thrown: unknown) => thrown as ProblemError,
    );
    expect(error?.problems[0]).toMatchObject({
      code: 'packages-failed',
      summary: expect.stringContaining('roadie-no-such-package'),
      detail: expect.stringContaining('Unable to locate'),
    });
  });

  it("gives the administrator's own policy back, whatever it was", async () => {
    await writeFile(policy, administrators, { mode: 0o755 });
    await chmod(policy, 0o755);
    try {
      await install(tiny);
      expect(await readText(policy)).toBe(administrators);
    } finally {
      if (ownPolicy === undefined) await rm(policy, { force: true });
      else await writeFile(policy, ownPolicy, { mode: 0o755 });
    }
  });

  it('is finished at the next start after a kill: packages configured, policy back', async () => {
    await writeFile(journal, JSON.stringify([...(await installedPackages()).keys()]));
    await holdServices();
    expect(await readText(policy)).toContain('exit 101');
    expect(await readText(policy)).not.toBe(ownPolicy);
    execFileSync(
      'apt-get',
      [
        '-y',
        '-q',
        'install',
        '--download-only',
        '-o',
        `Dir::Cache::archives=${folder}`,
        '-o',
        'DPkg::Lock::Timeout=300',
        '-o',
        'APT::Sandbox::User=root',
        tiny,
      ],
      { stdio: 'ignore' },
    );
    execFileSync('sh', ['-c', `dpkg --unpack ${folder}/${tiny}_*.deb`], { stdio: 'ignore' });
    expect((await installedPackages()).has(tiny)).toBe(false);
    await finishInstallation({ journal });
    expect((await installedPackages()).has(tiny)).toBe(true);
    expect(await exists(journal)).toBe(false);
  });

  it('is seen by the next plan where it was killed after apt had ended, and finished', async () => {
    const resource: Resource = { kind: 'package', id: 'package:dpkg', because: 'the test', wanted: { name: 'dpkg' } };
    const host = testHost(folder, { journals: { packages: journal, edge: join(folder, 'edge') } });
    await writeFile(journal, JSON.stringify([...(await installedPackages()).keys()]));
    await holdServices();
    expect(await observeAll([resource], host)).toMatchObject([
      { state: 'different', how: expect.stringContaining('interrupted') },
    ]);
    await applyKind('package', [resource], host, emptyWanted);
    expect(await observeAll([resource], host)).toEqual([{ id: resource.id, state: 'same' }]);
    expect(await readText(policy)).toBe(ownPolicy);
  });

  it('forbids services while it holds, and can be repeated on both sides', async () => {
    await holdServices();
    await holdServices();
    try {
      expect(() => execFileSync(policy, ['nginx', 'start'], { stdio: 'ignore' })).toThrow(
        expect.objectContaining({ status: 101 }),
      );
    } finally {
      await letServicesGo(journal);
      await letServicesGo(journal);
    }
  });

  it('leaves a service that comes with a package neither enabled nor running', async () => {
    try {
      await install(servant);
      const files = execFileSync('dpkg-query', ['-L', servant], { encoding: 'utf8' });
      expect(files).toContain(`/systemd/system/${servant}.service`);
      expect(await exists(`/etc/systemd/system/multi-user.target.wants/${servant}.service`)).toBe(false);
      const starts = (await Promise.all([2, 3, 4, 5].map((level) => readdir(`/etc/rc${level}.d`)))).flat();
      expect(starts.filter((name) => name.startsWith('S') && name.endsWith(servant))).toEqual([]);
      expect(spawnSync('pgrep', ['-x', servant]).status).toBe(1);
    } finally {
      purge(servant);
    }
  });
});

/** Without its modules NGINX refuses the configuration; the packages are those that the component names. */
const hasNginx = existsSync('/usr/sbin/nginx') && existsSync('/usr/lib/nginx/modules/ngx_http_brotli_static_module.so');

describe.skipIf(!hasNginx)("the real NGINX's files", () => {
  let place: Place;
  let host: TestHost;
  let resources: readonly Resource[];

  beforeEach(async () => {
    folder = await makeFolder();
    const paths = layout(folder, join(folder, 'run'));
    place = makePlace({
      layout: paths,
      site: 'boards',
      domains: ['boards.localhost'],
      ports: { http: 18_471, https: 18_472 },
      machine: { cores: 1, memoryBytes: 1e9, ...(await findPrograms(allComponents)) },
      users: { daemon: 'root', component: {} },
      secrets: {},
    });
    const probe = { middleware: [] as readonly string[], security: {} };
    const release = { static: null, media: null, probe } as unknown as ReleaseRecord;
    const software = edgeOfBlueprint({ components: [{ name: 'nginx', options: {}, because: { says: '' } }] });
    const edge = edgeParts(software, place, release, {
      others: [],
      served: [],
      running: undefined,
      ipv6: false,
      wishes: { uploadLimitMb: 25, answerSeconds: 65 },
    });
    const wanted = wantedResources(
      {
        site: 'boards',
        components: [],
        source: { kind: 'folder', path: '/x', revision: 'r' },
        facts: { systemPackages: [] },
      } as unknown as Blueprint,
      place,
      release,
      { layout: paths, components: [], edge, releaseFingerprint: 'f', packages: [] },
    );
    resources = wanted.resources.filter(({ kind }) => kind === 'folder' || kind === 'file');
    host = testHost(folder, { prepareEdge: ['/bin/sh', edgePathsOf(software, paths).prepare] });
    await applyKind('folder', resources, host, emptyWanted);
    await ensureCertificate({ layout: paths, site: 'boards', domains: place.domains, now: new Date(), host: 'test' });
    await applyKind('file', resources, host, emptyWanted);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const different = async (): Promise<readonly Observed[]> =>
    (await observeAll(resources, host)).filter((answer) => answer.state !== 'same');
  const siteFile = (): string => join(place.folders.edge, 'sites', 'boards.conf');

  it('are accepted, put in force and read', async () => {
    expect(await different()).toEqual([]);
    expect(await readFile(join(place.folders.edge, 'enabled.conf'), 'utf8')).toContain(siteFile());
    expect(await host.said()).toEqual(['reload']);
  });

  it('show a hand edit with its line, and are fixed', async () => {
    const before = await readFile(siteFile(), 'utf8');
    await writeFile(siteFile(), before.replace('server_name boards.localhost;', 'server_name evil.localhost;'));
    expect(await different()).toMatchObject([
      {
        state: 'different',
        how: expect.stringMatching(
          /line \d+: 'server_name evil\.localhost;' should be 'server_name boards\.localhost;'/,
        ),
      },
    ]);
    await applyKind('file', resources, host, emptyWanted);
    expect(await different()).toEqual([]);
  });

  it("come back as they were with NGINX's words where it refuses a site's file", async () => {
    const before = await readFile(siteFile(), 'utf8');
    const broken = resources.flatMap((resource) =>
      resource.kind === 'file' && resource.wanted.path === siteFile()
        ? [{ ...resource, wanted: { ...resource.wanted, content: 'server { lissten 80; }\n' } }]
        : [],
    );
    await expect(applyKind('file', broken, host, emptyWanted)).rejects.toMatchObject({
      problems: [{ code: 'edge-refused', detail: expect.stringContaining('unknown directive "lissten"') }],
    });
    expect(await readFile(siteFile(), 'utf8')).toBe(before);
    expect(await readFile(join(place.folders.edge, 'enabled.conf'), 'utf8')).toContain(siteFile());
    expect(await different()).toEqual([]);
  });
});

/** By apt-get and not by dpkg, since that waits while another program holds the lock. */
function purge(name: string): void {
  if (spawnSync('dpkg-query', ['-W', name]).status !== 0) return;
  execFileSync('apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=300', 'purge', name], { stdio: 'ignore' });
}
