import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { asUser } from '../../src/machine/processes/as-user.ts';
import { endUser, processesOf } from '../../src/machine/processes/end-user.ts';
import { isRoot } from '../../src/machine/system.ts';
import type { User } from '../../src/machine/users/users.ts';
import { SystemUsers } from '../rig/system-users.ts';

const storm = fileURLToPath(new URL('../rig/fork-storm.py', import.meta.url));

describe.runIf(isRoot())('ending all processes of a user', { sequential: true }, () => {
  const users = new SystemUsers();
  let user: User;
  let other: User;

  beforeAll(async () => {
    user = await users.make('storm');
    other = await users.make('calm');
  });
  afterAll(() => users.remove());

  /** A program of the rig that lives for a minute at most, once it has said that it runs. */
  async function start(who: User, kind: string): Promise<ChildProcess> {
    const {
      command: [program, ...words],
    } = asUser(who, { command: ['/usr/bin/python3', '-I', storm, '60', kind], environment: {} });
    const child = spawn(program, words, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return child;
  }

  it('ends those that fork from session to session, and leaves other users alone', async () => {
    const calm = spawn('/bin/sleep', ['60'], { uid: other.uid, gid: other.gid, stdio: 'ignore' });
    await Promise.all(Array.from({ length: 8 }, () => start(user, 'fork')));
    await endUser(user);
    expect(processesOf(user.uid)).toEqual([]);
    expect(processesOf(other.uid)).toEqual([calm.pid]);
    const ended = once(calm, 'exit');
    await endUser(other);
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('ends one that kills whatever it may, whoever comes for it', async () => {
    await start(user, 'killer');
    await endUser(user);
    expect(processesOf(user.uid)).toEqual([]);
  });

  it('ends one whose first thread is dead and whose second lives', async () => {
    const child = await start(user, 'threads');
    await expect.poll(() => processesOf(user.uid)).toEqual([child.pid]);
    const ended = once(child, 'exit');
    await endUser(user);
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('does nothing where nothing runs', async () => {
    await endUser(user);
    expect(processesOf(user.uid)).toEqual([]);
  });
});
