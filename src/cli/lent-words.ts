import { resolve } from 'node:path';

/** A word of a command that names a file of the caller's, which the site's user can perhaps neither see nor write. */
export type LentWord = {
  /** Its place among the words. */
  readonly index: number;
  /** What stands before the path in the word: `--output=`. */
  readonly before: string;
  /** Absolute. */
  readonly path: string;
  /** 'read': it is there. 'write': the command makes it. */
  readonly use: 'read' | 'write';
};

/**
 * The words of a management command that name the caller's files: what follows `-o` or `--output` is written; any other word or
 * option's value that looks like a path and is a file in the caller's folder is read. The command's own name is none.
 */
export function lentWords(
  words: readonly string[],
  cwd: string,
  isFile: (path: string) => boolean,
): readonly LentWord[] {
  return words.flatMap((word, index): readonly LentWord[] => {
    if (index === 0 || word === '-') return [];
    const [, before = '', value = ''] = /^(--[a-z][\w-]*=)?(.*)$/s.exec(word) ?? [];
    if (value === '' || value.startsWith('-')) return [];
    const path = resolve(cwd, value);
    const option = before === '' ? words[index - 1] : before.slice(0, -1);
    if (option === '-o' || option === '--output') return [{ index, before, path, use: 'write' }];
    return /[./]/.test(value) && isFile(path) ? [{ index, before, path, use: 'read' }] : [];
  });
}
