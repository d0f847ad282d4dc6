import { expect, test } from 'vitest';

import { nearest } from './nearest.ts';

test.each([
  ['stauts', 'status'],
  ['BOARDS', 'boards'],
  ['bords', 'boards'],
  ['lgos', 'logs'],
  ['x', undefined],
  ['completely-else', undefined],
])('%s was most likely meant as %s', (word, meant) => {
  expect(nearest(word, ['status', 'boards', 'logs'])).toBe(meant);
});
