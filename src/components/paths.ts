import { posix } from 'node:path';

/** Whether an absolute path is a folder or lies below it. Both as {@link canonical} writes them. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** A path without `..`, doubled slashes and slashes at its end. Links are not looked at. */
export function canonical(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/+$/, '');
}
