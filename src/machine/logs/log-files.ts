import { closeSync, constants, fchownSync, fstatSync, lstatSync, openSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';

import { systemClock } from '../clock.ts';
import { isMissing } from '../files/files.ts';

/** A log that a service writes to by itself. Rotation keeps `keep` old ones: PATH.1 is the newest. */
export type LogSpec = { readonly path: string; readonly maxBytes: number; readonly keep: number };

/** Opens a log for appending, made where there is none, readable by the group `gid`. A symbolic link is refused. */
export function openLog(path: string, gid?: number): number {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o640);
  if (gid !== undefined && process.getuid?.() === 0 && fstatSync(fd).gid !== gid) fchownSync(fd, -1, gid);
  return fd;
}

/** Whether someone has removed or replaced the file that is open there: what is written to it then is seen by nobody. */
export function isLost(fd: number): boolean {
  return fstatSync(fd).nlink === 0;
}

/** Size in bytes of what is open there. */
export function logSize(fd: number): number {
  return fstatSync(fd).size;
}

export function closeLog(fd: number): void {
  closeSync(fd);
}

/** The last lines of a file, oldest first, looking no further back than byte `from` and 1 MiB. None where there is no file. */
export async function lastLines(path: string, count: number, from = 0): Promise<readonly string[]> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    // After a rotation the file is shorter than it was: all of it is new.
    const begin = Math.max(from > size ? 0 : from, size - 1024 * 1024);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - begin), 0, size - begin, begin);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count);
  } finally {
    await file.close();
  }
}

/**
 * Calls back with each whole line that is added to a file from now on, until the signal aborts. A file that is emptied is
 * read from its beginning; one that does not exist yet is waited for.
 */
export async function followLines(path: string, signal: AbortSignal, line: (text: string) => void): Promise<void> {
  let at = sizeOf(path);
  let rest: Buffer = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  // Notices at once where the file system tells; the interval is for those that do not, and for files yet to come.
  let watcher: ReturnType<typeof watch> | undefined;
  const end = (): void => wake();
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      watcher ??= tryWatch(path, () => wake());
      const size = sizeOf(path);
      if (size < at) [at, rest] = [0, Buffer.alloc(0)];
      if (size > at) {
        const bytes = await readRange(path, at, Math.min(size, at + 1024 * 1024));
        at += bytes.length;
        const all = Buffer.concat([rest, bytes]);
        // Whole lines alone are turned into text: a character can be written in two pieces.
        const end = all.lastIndexOf('\n') + 1;
        rest = all.subarray(end);
        if (end > 0) for (const each of all.toString('utf8', 0, end - 1).split('\n')) line(each);
        if (bytes.length > 0) continue;
      }
      await new Promise<void>((resolve) => {
        const cancel = systemClock.after(watcher ? 2000 : 300, resolve);
        wake = () => {
          cancel();
          resolve();
        };
        if (signal.aborted) wake();
      });
    }
  } finally {
    signal.removeEventListener('abort', end);
    watcher?.close();
  }
}

function tryWatch(path: string, changed: () => void): ReturnType<typeof watch> | undefined {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    watcher.on('error', () => undefined);
    return watcher;
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

async function readRange(path: string, from: number, to: number): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
