import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { isMissing } from '../files/files.ts';

/** A place in a log that may be rotated by renaming it to PATH.1: which file, and how far in it. */
export type LogMark = { readonly inode: number; readonly at: number };

/** At most so much is read at once: a log that grows faster is read on the next time. */
const mostBytes = 4 * 1024 * 1024;

/** The mark so many bytes before the end of a log, or at its beginning. Undefined where there is no file. */
export async function markBeforeEnd(path: string, bytes: number): Promise<LogMark | undefined> {
  return withFile(path, async (_file, inode, size) => ({ inode, at: Math.max(0, size - bytes) }));
}

/**
 * The whole lines after a mark, and the mark after them. A file that was rotated meanwhile is read to its end first; one that
 * is gone, or shorter than it was, from its beginning. A symbolic link is refused.
 */
export async function readLines(
  path: string,
  mark: LogMark | undefined,
): Promise<{ readonly lines: readonly string[]; readonly mark: LogMark | undefined }> {
  const lines: string[] = [];
  if (mark !== undefined)
    await withFile(`${path}.1`, async (file, inode, size) => {
      if (inode === mark.inode) lines.push(...(await linesOf(file, mark.at, size, true)).lines);
    });
  const now = await withFile(path, async (file, inode, size) => {
    const from = mark?.inode === inode && mark.at <= size ? mark.at : 0;
    const found = await linesOf(file, from, size, false);
    lines.push(...found.lines);
    return { inode, at: found.end };
  });
  return { lines, mark: now ?? mark };
}

async function linesOf(
  file: FileHandle,
  from: number,
  size: number,
  finished: boolean,
): Promise<{ readonly lines: readonly string[]; readonly end: number }> {
  const length = Math.min(Math.max(0, size - from), mostBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  // What is half written is for the next time.
  const whole = finished ? bytesRead : buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  const lines = buffer.toString('utf8', 0, whole).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { lines, end: from + whole };
}

async function withFile<T>(
  path: string,
  act: (file: FileHandle, inode: number, size: number) => Promise<T>,
): Promise<T | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { ino, size } = await file.stat();
    return await act(file, ino, size);
  } finally {
    await file.close();
  }
}
