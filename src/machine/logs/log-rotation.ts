import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { systemClock } from '../clock.ts';
import { isMissing } from '../files/files.ts';
import { logSize, type LogSpec } from './log-files.ts';

/** No old log is longer than so many times the size of a log, however fast it grew. */
const mostSizes = 2;

/**
 * Rotates a log that others write to and cannot reopen: copies it to PATH.1, with what comes meanwhile, and empties it.
 * What is written between the last read and the emptying (some microseconds) is lost. Of a log that has grown beyond twice
 * its size only the end is kept, and the logs say how much is missing. Where there is no room for the copy, the log is emptied
 * all the same: a full disk is worse than a lost log.
 */
export function rotateLog(fd: number, log: LogSpec): void {
  const newest = `${log.path}.1`;
  let end: number | undefined;
  try {
    makeRoom(log);
    if (log.keep > 0) end = copy(fd, newest, log.maxBytes);
  } catch {
    rmSync(newest, { force: true });
  }
  const lost = end === undefined ? 0 : logSize(fd) - end;
  ftruncateSync(fd, 0);
  if (lost > 0) sayLost(fd, lost);
}

/** Moves the old logs one number up, so that PATH.1 is free; the oldest goes. */
function makeRoom({ path, keep }: Pick<LogSpec, 'path' | 'keep'>): void {
  for (let number = keep - 1; number >= 1; number -= 1)
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  rmSync(`${path}.1`, { force: true });
}

/** From the descriptor, not the path: whoever may write in the folder could put a link in its place. Answers how far it came. */
function copy(from: number, path: string, maxBytes: number): number {
  const to = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o640);
  try {
    const { size, gid } = fstatSync(from);
    if (process.getuid?.() === 0) fchownSync(to, -1, gid);
    const buffer = Buffer.allocUnsafe(256 * 1024);
    let at = size > maxBytes * mostSizes ? size - maxBytes : 0;
    if (at > 0) sayLost(to, at);
    // What is written faster than it is copied must not keep it here for good.
    for (const end = at + maxBytes * mostSizes; at < end;) {
      const length = readSync(from, buffer, 0, Math.min(buffer.length, end - at), at);
      if (length === 0) break;
      writeSync(to, buffer, 0, length);
      at += length;
    }
    return at;
  } finally {
    closeSync(to);
  }
}

function sayLost(fd: number, bytes: number): void {
  writeSync(fd, `[${bytes} bytes before this are lost: the log grew faster than it may]\n`);
}

/** Looks at logs' sizes with one timer, more often while one grows fast. */
export class LogRotation {
  readonly #logs = new Map<number, { readonly log: () => LogSpec; size: number }>();
  readonly #calmMs: number;
  #cancel: (() => void) | undefined;

  /** Once a second: a log that grows by 100 MB a second is not much above its size when it is looked at. */
  constructor(calmMs = 1000) {
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
      entry.size = size > maxBytes ? logSize(fd) : size;
    }
    this.#cancel =
      this.#logs.size === 0 ? undefined : systemClock.after(hurry ? 100 : this.#calmMs, () => this.#look());
  }

  close(): void {
    this.#logs.clear();
    this.#cancel?.();
  }
}

/** Rotates the logs in a folder that their program opens anew when it is told to. Answers whether it has to be told. */
export function renameFullLogs(logs: {
  readonly folder: string;
  readonly suffix: string;
  readonly maxBytes: number;
  readonly keep: number;
}): boolean {
  let renamed = false;
  for (const name of namesIn(logs.folder)) {
    const path = join(logs.folder, name);
    if (!name.endsWith(logs.suffix) || (statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= logs.maxBytes)
      continue;
    makeRoom({ path, keep: logs.keep });
    renameSync(path, `${path}.1`);
    renamed = true;
  }
  return renamed;
}

/** Removes all but the newest `keep` files of a folder whose names begin with their time. */
export function keepNewest(folder: string, keep: number): void {
  for (const name of namesIn(folder).toSorted().slice(0, -keep)) rmSync(join(folder, name), { force: true });
}

/** A log that nobody rotates while it is written to: begins a new one where it has become too long. */
export function beginAnew(path: string, maxBytes: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes) renameSync(path, `${path}.1`);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
