import { describe, expect, test } from 'vitest';

import { harmless, harmlessJson } from './text.ts';

/** Title, clipboard, a cleared screen, an eight-bit command, another line's place, a reversed direction. */
const evil = '\u001B]0;owned\u0007\u001B[2J\u009B31m\rError\u202Etxt';

describe('text of unknown origin', () => {
  test('says nothing to a terminal', () => {
    expect(harmless(`a\t${evil}\n`)).toBe('a\t]0;owned[2J31mErrortxt\n');
  });

  test('is the same value as JSON, with nothing for a terminal in it', () => {
    const text = harmlessJson({ line: evil });
    // oxlint-disable-next-line no-control-regex -- control characters are what it is about
    expect(text).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/);
    expect(JSON.parse(text)).toEqual({ line: evil });
  });
});
