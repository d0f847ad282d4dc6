import { execFileSync } from 'node:child_process';

import { expect, test } from 'vitest';

import { shellWord, typed } from './shell-word.ts';

test.each(['/srv/my shop', "it's", '$HOME', 'a"b', '*', '', 'a\nb', '/srv/shop'])(
  '%j is one word to a shell',
  (text) => {
    for (const word of [shellWord(text), typed(text)])
      expect(execFileSync('sh', ['-c', `printf %s ${word}`]).toString()).toBe(text);
  },
);

test('what needs no quotes has none', () => {
  expect(typed('/srv/shop')).toBe('/srv/shop');
  expect(typed('git@example.org:me/shop.git#main')).toBe('git@example.org:me/shop.git#main');
  expect(typed('/srv/my shop')).toBe("'/srv/my shop'");
});
