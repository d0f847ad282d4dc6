import { describe, expect, it } from 'vitest';

import { Answers } from './questions.ts';

const printed = (...lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));

describe('answers behind marker lines', () => {
  it('are told as they come, before the process has ended', async () => {
    const answers = new Answers();
    const first = answers.behind('--- roadie check ---');
    answers.add(printed('', '--- roadie check ---', '{"words":null}'));
    expect(await first).toBe('{"words":null}');
  });

  it('are kept for who asks later, and told to everybody who asks', async () => {
    const answers = new Answers();
    answers.add(printed('--- roadie static ---', '1', '', '--- roadie check ---', '2'));
    answers.end();
    expect(await answers.behind('--- roadie check ---')).toBe('2');
    expect(await answers.behind('--- roadie static ---')).toBe('1');
    expect(await answers.behind('--- roadie static ---')).toBe('1');
  });

  it('may come in pieces that end anywhere, in the middle of a letter too', async () => {
    const answers = new Answers();
    for (const byte of printed('--- roadie check ---', '{"words":"größer"}')) answers.add(Buffer.from([byte]));
    expect(await answers.behind('--- roadie check ---')).toBe('{"words":"größer"}');
  });

  it('are undefined where the process has ended without, whoever asked before or asks after', async () => {
    const answers = new Answers();
    const before = answers.behind('--- roadie check ---');
    answers.add(Buffer.from('--- roadie check ---\n{"wor'));
    answers.end();
    expect(await before).toBeUndefined();
    expect(await answers.behind('--- roadie static ---')).toBeUndefined();
  });
});
