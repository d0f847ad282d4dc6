import { mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { installPackages } from '../../src/machine/packages/packages.ts';
import { run } from '../../src/machine/processes/run.ts';
import { isRoot } from '../../src/machine/system.ts';
import { lookupUser } from '../../src/machine/users/users.ts';
import type { RunAs } from '../../src/services/service.ts';
import {
  type AccessPlaces,
  ensureDeployKey,
  forgetHost,
  keepToken,
  knownHosts,
  withAccess,
} from '../../src/source/access.ts';

const ssh = 'git@example.org:me/shop.git';
const https = 'https://example.org/me/shop.git';

describe('the access to private repositories', () => {
  let folder: string;
  let places: AccessPlaces;
  let user: RunAs | undefined;

  // ssh-keygen makes the keys, and a small Debian has none.
  beforeAll(async () => {
    const journals = await mkdtemp('/tmp/access-');
    await installPackages(['openssh-client'], { journal: join(journals, 'packages.json') });
    await rm(journals, { recursive: true });
  });

  beforeEach(async () => {
    folder = await mkdtemp('/tmp/access-');
    await run(['chmod', '755', folder]);
    places = { keys: join(folder, 'keys'), lent: join(folder, 'run', '.lent') };
    await mkdir(join(folder, 'run'));
    user = isRoot() ? await lookupUser('nobody') : undefined;
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('has a key for each repository, made once, that nobody else can read', async () => {
    const first = await ensureDeployKey(places, ssh, false);
    expect(first.publicKey).toMatch(/^ssh-ed25519 \S+ roadie$/);
    expect(first.fingerprint).toContain('SHA256:');
    expect(await ensureDeployKey(places, ssh, false)).toEqual(first);
    const other = await ensureDeployKey(places, 'git@example.org:me/other.git', false);
    expect(other.publicKey).not.toBe(first.publicKey);
    expect((await ensureDeployKey(places, ssh, true)).publicKey).not.toBe(first.publicKey);
    const modes = await run(['find', places.keys, '-perm', '/077']);
    expect(modes.stdout).toBe('');
  });

  test('lends the key to the user that git runs as, and takes it away afterwards', async () => {
    const { publicKey } = await ensureDeployKey(places, ssh, false);
    const seen = await withAccess(places, { url: ssh, user }, async (access) => {
      const command = access?.arguments.join(' ') ?? '';
      const key = /-i '([^']+)'/.exec(command)?.[1] ?? '';
      const shown = await run(['ssh-keygen', '-y', '-f', key], user ? { user } : {});
      return { command, key: shown.stdout.trim(), mode: (await stat(key)).mode & 0o777 };
    });
    expect(publicKey).toContain(seen.key);
    expect(seen.mode).toBe(0o600);
    expect(seen.command).toContain('StrictHostKeyChecking=accept-new');
    expect(seen.command).not.toContain('PRIVATE');
    expect(await readdir(places.lent)).toEqual([]);
  });

  test('keeps the key of a host that was met, and forgets it when told', async () => {
    await ensureDeployKey(places, ssh, false);
    const learn = (): Promise<unknown> =>
      withAccess(places, { url: ssh, user }, async (access) => {
        const path = /UserKnownHostsFile='([^']+)'/.exec(access?.arguments.join(' ') ?? '')?.[1] ?? '';
        const key = (await run(['sh', '-c', `cut -d' ' -f1,2 ${places.keys}/*/id_ed25519.pub`])).stdout;
        const [words] = key.split('\n');
        await run(['sh', '-c', `printf 'example.org %s\\n' "$0" >> ${path}`, words ?? ''], user ? { user } : {});
      });
    await learn();
    const [host] = await knownHosts(places, ssh);
    expect(host).toMatch(/^example\.org SHA256:\S+ \(ED25519\)$/);
    await forgetHost(places, ssh);
    expect(await knownHosts(places, ssh)).toEqual([]);
  });

  test('does not take back what a link stands for', async () => {
    await ensureDeployKey(places, ssh, false);
    await withAccess(places, { url: ssh, user: undefined }, async (access) => {
      const path = /UserKnownHostsFile='([^']+)'/.exec(access?.arguments.join(' ') ?? '')?.[1] ?? '';
      await rm(path);
      await symlink('/etc/passwd', path);
    });
    expect(await knownHosts(places, ssh)).toEqual([]);
  });

  test('gives a token to git when it asks, and never as an argument or a variable', async () => {
    await keepToken(places, https, { user: 'reader', value: 'canary-5f1c' });
    const ask = (host: string): Promise<string> =>
      withAccess(places, { url: https, user }, async (access) => {
        expect(JSON.stringify(access)).not.toContain('canary-5f1c');
        const environment = { PATH: '/usr/bin:/bin', GIT_TERMINAL_PROMPT: '0', ...access?.environment };
        const input = `protocol=https\nhost=${host}\n\n`;
        const told = await run(['git', 'credential', 'fill'], { environment, input, ...(user && { user }) });
        return told.stdout;
      });
    expect(await ask('example.org')).toContain('username=reader\npassword=canary-5f1c');
    // As after a redirect.
    for (const host of ['example.org.evil.example', 'evil.example'])
      expect(await ask(host)).not.toContain('canary-5f1c');
    expect(await readdir(places.lent)).toEqual([]);
    await keepToken(places, https, undefined);
    expect(await withAccess(places, { url: https, user }, (access) => Promise.resolve(access))).toBeUndefined();
  });

  test('is nothing for a repository on this machine', async () => {
    for (const url of ['/srv/shop.git', 'file:///srv/shop.git'])
      expect(await withAccess(places, { url, user }, (access) => Promise.resolve(access))).toBeUndefined();
  });

  test('takes everything away when the work fails', async () => {
    await keepToken(places, https, { user: 'git', value: 'canary-5f1c' });
    await expect(withAccess(places, { url: https, user }, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(places.lent)).toEqual([]);
  });
});
