import { beforeEach, describe, expect, it } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import { Leftovers } from './leftovers.ts';

let clock: HeldClock;
let members: readonly number[];
let ended: string[];
let leftovers: Leftovers;
let starts: number;

beforeEach(() => {
  clock = new HeldClock();
  members = [];
  ended = [];
  starts = 0;
  leftovers = new Leftovers(clock, {
    end: (name) => {
      ended.push(name);
      return members.length > 0;
    },
    members: () => members,
  });
});

const wait = (): void => leftovers.whenGone(() => (starts += 1));
const left = { pid: undefined, controlGroup: 'database.1-1' };

describe('what follows a killed process', () => {
  it('comes at once where nothing was left', () => {
    leftovers.end(left);
    wait();
    expect({ ended, starts }).toEqual({ ended: ['database.1-1'], starts: 1 });
  });

  it('comes once the last of what was left has ended, and then does not wait again', () => {
    members = [process.pid];
    leftovers.end(left);
    wait();
    clock.pass(2);
    clock.pass(1000);
    expect(starts).toBe(0);
    members = [];
    clock.pass(50);
    expect(starts).toBe(1);
    members = [process.pid];
    wait();
    expect(starts).toBe(2);
  });

  it('does not wait for what has ended and is only listed still', () => {
    // Above all numbers that the kernel gives: 2^22.
    members = [4_194_305];
    leftovers.end(left);
    wait();
    expect(starts).toBe(1);
  });

  it('comes all the same where something does not end', async () => {
    members = [process.pid];
    leftovers.end(left);
    wait();
    await clock.run(9_900);
    expect(starts).toBe(0);
    await clock.run(200);
    expect(starts).toBe(1);
  });
});
