import { describe, expect, it } from 'vitest';

import { joinCommand, splitCommand } from './command-line.ts';

describe('a command line', () => {
  it.each([
    ['python manage.py work', ['python', 'manage.py', 'work']],
    ["  sh -c 'a | b; c $X'  ", ['sh', '-c', 'a | b; c $X']],
    ['say "two words" \'\' a\\ b "c\\"d"', ['say', 'two words', '', 'a b', 'c"d']],
    ['x --name="a b"c', ['x', '--name=a bc']],
  ])('%s is split as a shell splits it', (text, words) => {
    expect(splitCommand(text)).toEqual({ ok: true, value: words });
  });

  it.each(['a | b', 'a && b', 'a > b', 'a; b', 'a $HOME', 'a "$HOME"', 'a `b`', 'a *.py', '(a)'])(
    '%s is refused, for no shell will run it',
    (text) => {
      expect(splitCommand(text)).toMatchObject({
        ok: false,
        problems: [{ code: 'config-bad-value', cure: [expect.stringContaining('sh -c')] }],
      });
    },
  );

  it.each(['', '   ', 'a "b', "a 'b"])('%j is refused', (text) => {
    expect(splitCommand(text).ok).toBe(false);
  });
});

describe('words as a command', () => {
  it.each([[['python', 'manage.py', 'seed']], [['sh', '-c', "echo 'a b' | cat; x=$(date)"]], [['a', '']]])(
    '%j',
    (words) => {
      expect(splitCommand(joinCommand(words))).toEqual({ ok: true, value: words });
    },
  );
});
