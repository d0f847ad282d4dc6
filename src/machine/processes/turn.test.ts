import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { inTurn } from './turn.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-turn-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Whether another process could have the turn now. */
const isFree = (): boolean => spawnSync('flock', ['--nonblock', path, 'true']).status === 0;

describe('inTurn', () => {
  it('has the turn until its work is done, for other processes too', async () => {
    expect(existsSync(path)).toBe(false);
    expect(await inTurn(path, () => Promise.resolve(isFree()))).toBe(false);
    expect(isFree()).toBe(true);
  });

  it('does one thing after another, and the next where one has failed', async () => {
    const said: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      said.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      said.push(`${name} ends`);
      if (name === 'one') throw new Error('no');
    };
    const ended = await Promise.allSettled([inTurn(path, work('one')), inTurn(path, work('two'))]);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(said.map((text) => text.slice(4)).join()).toBe('begins,ends,begins,ends');
    expect(isFree()).toBe(true);
  });
});
