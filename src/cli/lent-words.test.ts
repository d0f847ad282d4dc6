import { describe, expect, it } from 'vitest';

import { lentWords } from './lent-words.ts';

const files = new Set(['/home/ada/x.json', '/home/ada/flush', '/home/ada/data/y.json', '/etc/z.csv']);
const lent = (...words: readonly string[]) =>
  lentWords(words, '/home/ada', (path) => files.has(path)).map(({ index, before, path, use }) => [
    index,
    before,
    path,
    use,
  ]);

describe("the caller's files among the words of a management command", () => {
  it('are those that are there', () => {
    expect(lent('loaddata', 'x.json', '../ada/data/y.json', 'absent.json')).toEqual([
      [1, '', '/home/ada/x.json', 'read'],
      [2, '', '/home/ada/data/y.json', 'read'],
    ]);
    expect(lent('import', '--file=/etc/z.csv')).toEqual([[1, '--file=', '/etc/z.csv', 'read']]);
  });

  it('are what is to be written', () => {
    expect(lent('dumpdata', '-o', 'out.json', 'notes')).toEqual([[2, '', '/home/ada/out.json', 'write']]);
    expect(lent('dumpdata', '--output=x.json')).toEqual([[1, '--output=', '/home/ada/x.json', 'write']]);
  });

  it('are neither the command, nor options, nor what only happens to have the name of a file', () => {
    expect(lent('flush', 'flush', '-', '--noinput', '--format=json')).toEqual([]);
    expect(lent('x.json')).toEqual([]);
  });
});
