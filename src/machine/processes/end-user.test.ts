import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { endUser } from './end-user.ts';
import { currentUser } from '../users/users.ts';

describe('the processes of a user', () => {
  it.each([
    ['root', 0],
    ['nobody', 65_534],
    ['daemon', 1],
    ['roadie-no-such-user', 64_999],
    // The name is right, and the id is somebody else's.
    ['roadie-no-such-user', 65_534],
    ['roadie-no-such-user', 0],
    ['roadie-no-such-user', -1],
    ['roadie-no-such-user', Number.NaN],
    [currentUser().name, currentUser().uid],
  ])('are not ended where it is not one that Roadie has made: %s, %d', async (name, uid) => {
    const bystander = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
    await once(bystander, 'spawn');
    await expect(endUser({ name, uid })).rejects.toThrow("is not a site's user");
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill('SIGKILL');
  });
});
