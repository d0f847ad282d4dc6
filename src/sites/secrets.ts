import { randomInt } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new secret: 64 letters and digits, since several settings parsers take other characters of a URL literally or not at all. */
export function newSecret(): string {
  return Array.from({ length: 64 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
