import { shellWord } from '../problems/shell-word.ts';
import type { Result } from '../problems/problem.ts';
import { failed, ok } from '../problems/problem.ts';

/**
 * Splits a command as a shell would into words: blanks separate, quotes and backslashes keep together. Nothing is expanded;
 * what only a shell can do (`|`, `&&`, `$NAME`, `>`) is refused, since no shell will run it. Problem: `config-bad-value`.
 */
export function splitCommand(text: string): Result<readonly string[]> {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (quote !== "'" && /[$`]/.test(character)) return refuse(text, character);
    if (quote !== "'" && character === '\\') {
      index += 1;
      word = (word ?? '') + (text[index] ?? '');
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/[|&;<>()*?]/.test(character)) {
      return refuse(text, character);
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) return problem(`The command ${text} has a quote without its end`, 'Close the quote.');
  if (word !== undefined) words.push(word);
  return words.length === 0 ? problem('A command is empty', 'Give a program and its arguments.') : ok(words);
}

/** Words as a command that {@link splitCommand} takes apart into the same: a word with more than letters and the like in quotes. */
export function joinCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word))).join(' ');
}

function refuse(text: string, character: string): Result<readonly string[]> {
  return problem(
    `The command ${text} has an unquoted ${character}, which only a shell understands`,
    "Put the words in single quotes, or run a shell: sh -c '…'.",
  );
}

function problem(summary: string, cure: string): Result<readonly string[]> {
  return failed({ code: 'config-bad-value', summary, cure: [cure] });
}
