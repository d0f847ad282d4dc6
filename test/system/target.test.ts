import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { exists, readText } from '../../src/machine/files.ts';
import { letServicesGo, holdServices } from '../../src/machine/package-services.ts';
import { finishInstallation, installedPackages, installPackages } from '../../src/machine/packages.ts';
import { isRoot } from '../../src/machine/system.ts';
import type { Resource } from '../../src/plan/resource.ts';
import type { ProblemError } from '../../src/problems/problem.ts';
import { applyKind, observeAll } from '../../src/targets/machine/observe.ts';
import { emptyWanted, testDoor } from '../contracts/machine-target-door.ts';

const policy = '/usr/sbin/policy-rc.d';
/** Small, and with a service that its package would start and enable. */
const servant = 'uptimed';
const tiny = 'hello';
let folder: string;
let journal: string;
let ownPolicy: string | undefined;

/** Installed by somebody else: then it is not this test's to remove. */
const taken = [tiny, servant].some((name) => spawnSync('dpkg-query', ['-W', name]).status === 0);

// Only root can install packages.
describe.skipIf(!isRoot() || taken)('installPackages', () => {
  beforeAll(async () => {
    ownPolicy = await readText(policy);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roadie-packages-'));
    journal = join(folder, 'journal');
    purge(tiny);
  });
  afterEach(async () => {
    purge(tiny);
    await rm(folder, { recursive: true, force: true });
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
    await writeFile(policy, '#!/bin/sh\n# the administrator\nexit 0\n', { mode: 0o755 });
    await chmod(policy, 0o755);
    try {
      await install(tiny);
      expect(await readText(policy)).toContain('# the administrator');
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
    const door = testDoor(folder, { journals: { packages: journal, edge: join(folder, 'edge') } });
    await writeFile(journal, JSON.stringify([...(await installedPackages()).keys()]));
    await holdServices();
    expect(await observeAll([resource], door)).toMatchObject([
      { state: 'different', how: expect.stringContaining('interrupted') },
    ]);
    await applyKind('package', [resource], door, emptyWanted);
    expect(await observeAll([resource], door)).toEqual([{ id: resource.id, state: 'same' }]);
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

function purge(name: string): void {
  execFileSync('dpkg', ['--purge', name], { stdio: 'ignore' });
}
