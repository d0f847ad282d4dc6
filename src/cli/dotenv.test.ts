import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { parseDotenv } from './dotenv.ts';

describe('a .env file', () => {
  test('is read literally: nothing is expanded', () => {
    const text = [
      '\uFEFF# comment',
      'A=1',
      'export B = two words # comment',
      'C="a \\"b\\"\\n$(id) ${A}" # comment',
      "D='x # \\n y'",
      'E=',
      'F=a#b',
      'G=$(id)',
      '',
    ].join('\r\n');
    expect(parseDotenv(text, '.env')).toEqual({
      ok: true,
      value: { A: '1', B: 'two words', C: 'a "b"\n$(id) ${A}', D: 'x # \\n y', E: '', F: 'a#b', G: '$(id)' },
    });
  });

  test('names every line that it does not understand, and none of the values', () => {
    const parsed = parseDotenv('A=1\ncanary\n1B=canary\nC="canary\nD=x\0canary\n', '/p/.env');
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.problems.map((problem) => problem.where)).toEqual(
      [2, 3, 4, 5].map((line) => ({ file: '/p/.env', line })),
    );
    expect(JSON.stringify(parsed.problems)).not.toContain('canary');
  });

  test('keeps a separator that only JavaScript takes for the end of a line', () => {
    expect(parseDotenv('A="x\u2028y"\nB=x\u2028y', '.env')).toEqual({
      ok: true,
      value: { A: 'x\u2028y', B: 'x\u2028y' },
    });
  });

  test('in double quotes gives back any value that was escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 30 }).filter((value) => !/[\0\r\n]/.test(value)),
        (value) => {
          const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
          expect(parseDotenv(`A="${escaped}"`, '.env')).toEqual({ ok: true, value: { A: value } });
        },
      ),
    );
  });
});
