import { createHmac, randomInt } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A new secret: 64 letters and digits, since several settings parsers take other characters of a URL literally or not at all. */
export function newSecret(): string {
  return Array.from({ length: 64 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** A secret for one purpose, made from another that is kept: the same each time. 64 hexadecimal digits. */
export function secretFor(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('hex');
}
