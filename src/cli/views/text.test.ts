import { describe, expect, it } from 'vitest';

import { harmless, jsonLine } from './text.ts';

/** A title, a cleared screen by a character of its own, a line of its own, and text that is shown from right to left. */
const hostile = '\u001B]0;owned\u0007 \u009B2J \r \u202Eevil\u2066 \u007F';

describe('text of others', () => {
  it('is shown without what a terminal acts upon', () => {
    expect(harmless(`${hostile}\tand\n`)).toBe(']0;owned 2J  evil \tand\n');
  });

  it('is the same text in JSON, and nothing there that a terminal acts upon', () => {
    const line = jsonLine({ line: hostile });
    expect(JSON.parse(line)).toEqual({ line: hostile });
    expect(line.trimEnd()).toMatch(/^[\u0020-\u007E]*$/);
  });

  it('may be in any script', () => {
    expect(harmless('שלום, שָׁלוֹם and 你好')).toBe('שלום, שָׁלוֹם and 你好');
  });
});
