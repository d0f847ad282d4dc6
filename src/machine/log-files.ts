import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  watch,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';

import { systemClock } from './clock.ts';
import { isMissing } from './files.ts';

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

/**
 * Rotates a log that others write to and cannot reopen: copies it to PATH.1, with what comes meanwhile, and empties it.
 * What is written between the last read and the emptying (some microseconds) is lost. Where there is no room for the
 * copy, the log is emptied all the same: a full disk is worse than a lost log.
 */
export function rotateLog(fd: number, log: LogSpec): void {
  const newest = `${log.path}.1`;
  try {
    for (let number = log.keep - 1; number >= 1; number -= 1) {
      if (existsSync(`${log.path}.${number}`)) renameSync(`${log.path}.${number}`, `${log.path}.${number + 1}`);
    }
    if (log.keep > 0) {
      rmSync(newest, { force: true });
      copy(fd, newest);
    }
  } catch {
    rmSync(newest, { force: true });
  }
  ftruncateSync(fd, 0);
}

/** From the descriptor, not the path: whoever may write in the folder could put a link in its place. */
function copy(from: number, path: string): void {
  const to = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o640);
  try {
    const { size, gid } = fstatSync(from);
    if (process.getuid?.() === 0) fchownSync(to, -1, gid);
    const buffer = Buffer.allocUnsafe(256 * 1024);
    // What is written faster than it is copied must not keep it here for good.
    for (let at = 0; at < size * 2;) {
      const length = readSync(from, buffer, 0, buffer.length, at);
      if (length === 0) return;
      writeSync(to, buffer, 0, length);
      at += length;
    }
  } finally {
    closeSync(to);
  }
}

/** Looks at logs' sizes with one timer, more often while one grows fast. */
export class LogRotation {
  readonly #logs = new Map<number, { readonly log: () => LogSpec; size: number }>();
  readonly #calmMs: number;
  #cancel: (() => void) | undefined;

  constructor(calmMs = 5000) {
    this.#calmMs = calmMs;
  }

  /** Looks after an open log until it is told to stop. */
  add(fd: number, log: () => LogSpec): () => void {
    this.#logs.set(fd, { log, size: logSize(fd) });
    this.#cancel ??= systemClock.after(this.#calmMs, () => this.#look());
    return () => this.#logs.delete(fd);
  }

  #look(): void {
    let hurry = false;
    for (const [fd, entry] of this.#logs) {
      const size = logSize(fd);
      const { maxBytes } = entry.log();
      if (size - entry.size > maxBytes / 4) hurry = true;
      if (size > maxBytes) rotateLog(fd, entry.log());
      entry.size = logSize(fd);
    }
    this.#cancel =
      this.#logs.size === 0 ? undefined : systemClock.after(hurry ? 200 : this.#calmMs, () => this.#look());
  }

  close(): void {
    this.#logs.clear();
    this.#cancel?.();
  }
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
