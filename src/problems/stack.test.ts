import { expect, test } from 'vitest';

import { stackOf } from './stack.ts';

test('what was thrown is told with its place, where it has one', () => {
  expect(stackOf(new Error('no'))).toMatch(/^Error: no\n\s+at .*stack\.test\.ts/);
  const bare = new Error('no');
  delete bare.stack;
  expect(stackOf(bare)).toBe('no');
  expect(stackOf('no')).toBe('no');
});
