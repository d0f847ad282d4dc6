import { createHash } from 'node:crypto';

import type { OwnSecret } from './input.ts';

/** The secrets that the owner's own files become, each with a name of its own that tells the path. */
export function ownSecrets(paths: readonly string[]): readonly OwnSecret[] {
  const names = paths.map(nameOf);
  return paths.map((path, index) => {
    const name = nameOf(path);
    const isTaken = names.some((other, at) => other === name && at !== index);
    return { path, secret: isTaken ? `${name}-${hashOf(path)}` : name };
  });
}

/** Why a file of the owner's own cannot be mounted into containers; undefined where it can. `kept`: what the project writes in its code. */
export function unableFile(path: string, content: Uint8Array, kept: readonly string[]): string | undefined {
  // Words of a Dockerfile's RUN --mount have no quotes.
  if (!/^[\w@%+=:./~-]+$/.test(path)) return 'its path has characters that a mount in a Dockerfile cannot have';
  if (kept.some((one) => path === one || path.startsWith(`${one}/`)))
    return 'it lies where the project writes, which is in a volume';
  if (!Buffer.from(Buffer.from(content).toString()).equals(content)) return 'it is no text in UTF-8';
  return undefined;
}

function nameOf(path: string): string {
  return `own-${path.replaceAll(/[^A-Za-z0-9_.-]/g, '-')}`;
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}
