import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { canConnect } from '../../src/machine/network/http-probe.ts';
import { installPackages } from '../../src/machine/packages/packages.ts';
import { Box, requireRoot, runCommand } from '../rig/box.ts';
import { freePort } from '../rig/free-port.ts';
import { GitRepository } from '../rig/git-repository.ts';
import { TinyProject } from '../rig/tiny-project.ts';

type Key = { public_key: string; fingerprint: string; hosts: string[]; readable: boolean };

/** A private repository behind a real sshd on the loopback address; each test goes on where the one before ended. */
describe('a private repository by ssh', { sequential: true }, () => {
  let box: Box;
  let folder: string;
  let repository: GitRepository;
  let url: string;
  let port: number;
  let sshd: ChildProcess | undefined;

  const makeHostKey = (name: string) =>
    runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);

  async function start(hostKey: string): Promise<void> {
    const config = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, hostKey)}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'StrictModes no',
      'PidFile none',
    ];
    await writeFile(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
    sshd = spawn('/usr/sbin/sshd', ['-D', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    await expect.poll(() => answers(port), { timeout: 20_000 }).toBe(true);
  }

  async function stop(): Promise<void> {
    if (!sshd || sshd.exitCode !== null) return;
    const ended = once(sshd, 'exit');
    sshd.kill();
    await ended;
  }

  async function deployKey(...options: readonly string[]): Promise<Key> {
    const ran = await box.roadie(['deploy-key', url, '--json', ...options]);
    return JSON.parse(ran.stdout) as Key;
  }

  beforeAll(async () => {
    requireRoot();
    folder = await mkdtemp('/tmp/sshd-');
    await installPackages(['openssh-server'], { journal: join(folder, 'journal.json') });
    await mkdir('/run/sshd', { recursive: true });
    for (const name of ['host', 'other-host']) await makeHostKey(name);
    await writeFile(join(folder, 'authorized_keys'), '');
    const project = await TinyProject.make('private');
    repository = GitRepository.make(project.folder);
    box = await Box.open();
    port = await freePort();
    url = `ssh://root@127.0.0.1:${port}${repository.bare}`;
  });

  afterAll(async () => {
    await stop();
    await box.close();
    for (const path of [folder, repository.work, repository.bare]) await rm(path, { recursive: true, force: true });
  });

  test('cannot be read at first, and the problem names the command that makes a key', async () => {
    await start('host');
    const ran = await box.roadie(['inspect', url]);
    expect(ran.code).not.toBe(0);
    expect(ran.all).toContain(`roadie deploy-key ${url}`);
  });

  test("gets a key of its own, and the host's key is shown to compare", async () => {
    const key = await deployKey();
    expect(key.readable).toBe(false);
    const shown = await runCommand(['ssh-keygen', '-l', '-f', join(folder, 'host.pub')]);
    const [, fingerprint = ''] = shown.stdout.split(' ');
    expect(key.hosts).toEqual([expect.stringContaining(fingerprint)]);
    await appendFile(join(folder, 'authorized_keys'), `restrict ${key.public_key}\n`);
    expect(await deployKey()).toMatchObject({ readable: true, fingerprint: key.fingerprint });
  });

  test('is read with the key', async () => {
    const ran = await box.roadie(['inspect', url]);
    expect(ran.all).toContain('tiny.settings');
    expect(ran.code).toBe(0);
  });

  test('is not read where the host shows another key, until that is said to be right', async () => {
    await stop();
    await start('other-host');
    const ran = await box.roadie(['inspect', url]);
    expect(ran.all).toContain('--forget-host');
    expect((await deployKey()).readable).toBe(false);
    expect((await deployKey('--forget-host')).readable).toBe(true);
  });

  test('is not read any more once the key is another', async () => {
    expect((await deployKey('--rotate')).readable).toBe(false);
  });

  test('leaves no key where others can read it', async () => {
    const found = await runCommand(['grep', '-rlF', 'OPENSSH PRIVATE KEY', box.folder]);
    const [path = '', ...more] = found.stdout.trim().split('\n');
    expect(more).toEqual([]);
    const mode = await runCommand(['stat', '-c', '%a %U', path]);
    expect(mode.stdout.trim()).toBe('600 root');
  });
});

function answers(port: number): Promise<boolean> {
  return canConnect({ host: '127.0.0.1', port }, 2000);
}
