import { expect, test } from 'vitest';

import { Turns, type TurnTaker } from './turns.ts';

const gigabyte = 1024 ** 3;

function taker(id: string, site?: string, alone = false): TurnTaker {
  return { id, alone, ...(site !== undefined && { site }) };
}

/** Turns, and the ids of those that were granted one, in order. */
function scene(memory = { total: 4 * gigabyte, free: 3 * gigabyte }) {
  const turns = new Turns(() => memory);
  const granted: string[] = [];
  const note = (promise: Promise<void>, name: string): void => void promise.then(() => granted.push(name));
  const settled = async (): Promise<readonly string[]> => {
    await Promise.resolve();
    await Promise.resolve();
    return granted;
  };
  return { turns, note, settled };
}

test('only one changes what sites share; while it builds the next one does', async () => {
  const { turns, note, settled } = scene();
  const [a, b] = [taker('a', 'shop'), taker('b', 'blog')];
  note(turns.begin(a), 'a begins');
  note(turns.begin(b), 'b begins');
  expect(await settled()).toEqual(['a begins']);
  note(turns.change(a, 'build', 2 * gigabyte), 'a builds');
  expect(new Set(await settled())).toEqual(new Set(['a begins', 'a builds', 'b begins']));
  note(turns.change(a, 'machine'), 'a goes on');
  expect(await settled()).toHaveLength(3);
  note(turns.change(b, 'build', 2 * gigabyte), 'b builds');
  expect((await settled()).slice(3).toSorted()).toEqual(['a goes on', 'b builds']);
});

test('operations of one site run one after the other, whatever stage they are in', async () => {
  const { turns, note, settled } = scene();
  const [a, b, c] = [taker('a', 'shop'), taker('b', 'shop'), taker('c', 'blog')];
  note(turns.begin(a), 'a');
  note(turns.change(a, 'build'), 'a builds');
  note(turns.begin(b), 'b');
  note(turns.begin(c), 'c');
  expect(await settled()).toEqual(['a', 'a builds', 'c']);
  turns.end(c);
  expect(await settled()).toHaveLength(3);
  turns.end(a);
  expect(await settled()).toEqual(['a', 'a builds', 'c', 'b']);
});

test('as many build as there is memory for, and one whatever it wants', async () => {
  const memory = { total: 4 * gigabyte, free: 3 * gigabyte };
  const { turns, note, settled } = scene(memory);
  const takers = ['a', 'b', 'c'].map((id) => taker(id, id));
  for (const one of takers) {
    note(turns.begin(one), one.id);
    await settled();
    note(turns.change(one, 'build', 2 * gigabyte), `${one.id} builds`);
    await settled();
  }
  expect(await settled()).toEqual(['a', 'a builds', 'b', 'b builds', 'c']);
  const [a, b, c] = takers as [TurnTaker, TurnTaker, TurnTaker];
  memory.free = 0;
  turns.end(a);
  expect(await settled()).toHaveLength(5);
  turns.end(b);
  expect((await settled()).at(-1)).toBe('c builds');
  turns.end(c);
  note(turns.begin(a), 'a');
  note(turns.change(a, 'build', 99 * gigabyte), 'a builds alone');
  expect((await settled()).at(-1)).toBe('a builds alone');
});

test('what is every site’s waits for all, and keeps those behind it waiting', async () => {
  const { turns, note, settled } = scene();
  const [a, prune, b] = [taker('a', 'shop'), taker('prune', undefined, true), taker('b', 'blog')];
  note(turns.begin(a), 'a');
  note(turns.change(a, 'build'), 'a builds');
  note(turns.begin(prune), 'prune');
  note(turns.begin(b), 'b');
  expect(await settled()).toEqual(['a', 'a builds']);
  note(turns.change(a, 'machine'), 'a goes on');
  expect(await settled()).toHaveLength(3);
  turns.end(a);
  expect((await settled()).at(-1)).toBe('prune');
  turns.end(prune);
  expect((await settled()).at(-1)).toBe('b');
});

test('one that learns its site only then waits for the other that is at work on it', async () => {
  const { turns, note, settled } = scene();
  const [a, b] = [taker('a', 'shop'), taker('b')];
  note(turns.begin(a), 'a');
  note(turns.change(a, 'build'), 'a builds');
  note(turns.begin(b), 'b');
  await settled();
  note(turns.named(b, 'shop'), 'b is named');
  note(turns.change(a, 'machine'), 'a goes on');
  expect(await settled()).toEqual(['a', 'a builds', 'b', 'a goes on']);
  turns.end(a);
  expect((await settled()).at(-1)).toBe('b is named');
});

test('who ends while waiting keeps nobody back', async () => {
  const { turns, note, settled } = scene();
  const [a, b, c] = [taker('a', 'x'), taker('b', 'y'), taker('c', 'z')];
  note(turns.begin(a), 'a');
  note(turns.begin(b), 'b');
  note(turns.begin(c), 'c');
  turns.end(b);
  turns.end(a);
  expect(await settled()).toEqual(['a', 'c']);
});
