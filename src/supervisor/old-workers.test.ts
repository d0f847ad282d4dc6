import { describe, expect, it } from 'vitest';

import { tooMany } from './old-workers.ts';

const oldWorkers = { title: 'shutting down', most: 2 };
const child = (pid: number, startTime: number, title = oldWorkers.title) => ({ pid, startTime, title });

describe('old workers of a service that was reloaded', () => {
  it('may go on as long as they are few', () => {
    expect(tooMany([child(1, 10), child(2, 20), child(3, 5, 'worker')], oldWorkers)).toEqual([]);
  });

  it('are ended beyond that, those that were started first, and never one that takes requests', () => {
    const all = [child(7, 40), child(3, 5, 'worker'), child(9, 10), child(8, 30), child(6, 20)];
    expect(tooMany(all, oldWorkers)).toEqual([9, 6]);
  });
});
