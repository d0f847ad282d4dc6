import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { asUser } from '../../src/machine/processes/as-user.ts';
import { endUser } from '../../src/machine/processes/end-user.ts';
import { allRead, sealTree } from '../../src/machine/files/seal.ts';
import { isRoot } from '../../src/machine/system.ts';
import type { User } from '../../src/machine/users/users.ts';
import { SystemUsers } from '../rig/system-users.ts';

const swapper = fileURLToPath(new URL('../rig/swapper.py', import.meta.url));

/** What a build's tree is full of while root takes it over. */
describe.runIf(isRoot())('taking over a tree that its owner changes meanwhile', { sequential: true }, () => {
  const users = new SystemUsers();
  let user: User;
  let base: string;
  let secret: string;
  let vault: string;

  beforeAll(async () => {
    user = await users.make('swap');
    base = mkdtempSync('/tmp/rd-seal-');
    chmodSync(base, 0o755);
    secret = join(base, 'secret');
    vault = join(base, 'vault');
    writeFileSync(secret, 'private', { mode: 0o600 });
    mkdirSync(vault, { mode: 0o700 });
    writeFileSync(join(vault, 'inside.css'), 'a{}'.repeat(500), { mode: 0o600 });
  });
  afterAll(async () => {
    await users.remove();
    rmSync(base, { recursive: true, force: true });
  });

  /** A tree of the user's, with the exchange of its names going on. */
  async function attacked(name: string): Promise<string> {
    const tree = join(base, name);
    const spare = join(base, `spare-${name}`);
    for (const path of [tree, spare]) {
      mkdirSync(path);
      chownSync(path, user.uid, user.gid);
    }
    const {
      command: [program, ...words],
    } = asUser(user, {
      command: ['/usr/bin/python3', '-I', swapper, tree, spare, secret, vault, '60'],
      environment: {},
    });
    await once(spawn(program, words, { cwd: '/', stdio: 'inherit' }), 'exit');
    await expect.poll(() => readdirSync(tree).length).toBeGreaterThan(0);
    const [app = ''] = readdirSync(tree);
    // The first exchange has been done once a thing is where its link was.
    await expect.poll(() => existsSync(join(tree, app, 'folder1~'))).toBe(true);
    return tree;
  }

  const outside = (): readonly string[] =>
    [secret, vault, join(vault, 'inside.css')].map(
      (path) => `${path} ${statSync(path).uid} ${(statSync(path).mode & 0o7777).toString(8)}`,
    );

  it('changes nothing outside of it, in 50 rounds, even while the owner lives', async () => {
    const before = outside();
    for (let round = 0; round < 50; round += 1) {
      const tree = await attacked(`alive-${round}`);
      sealTree(tree, { from: [user.uid], to: { uid: 0, gid: 0 }, modes: allRead });
      expect([round, ...outside()]).toEqual([round, ...before]);
      expect(readdirSync(vault)).toEqual(['inside.css']);
      await endUser(user);
    }
  });

  it('leaves nothing that the owner could still write', async () => {
    const tree = await attacked('ended');
    const own = join(tree, 'held');
    writeFileSync(own, 'before');
    chownSync(own, user.uid, user.gid);
    // It holds the file open for writing, and writes on and on.
    const {
      command: [program, ...words],
    } = asUser(user, {
      command: ['/bin/sh', '-c', 'exec 3>>"$1"; while :; do echo x >&3; done', 'sh', own],
      environment: {},
    });
    spawn(program, words, { cwd: '/', detached: true, stdio: 'ignore' });
    await expect.poll(() => readFileSync(own, 'utf8')).toContain('x');
    await endUser(user);
    sealTree(tree, { from: [user.uid], to: { uid: 0, gid: 0 }, modes: allRead });
    const size = statSync(own).size;
    for (const name of readdirSync(tree, { recursive: true, encoding: 'utf8' })) {
      const found = lstatSync(join(tree, name));
      expect([name, found.uid, found.isSymbolicLink() ? 0 : found.mode & 0o022]).toEqual([name, 0, 0]);
    }
    expect(statSync(own).size).toBe(size);
  });
});
