import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { lockSeconds } from './package-problems.ts';

/** Only root can write beside it, so that nobody else can keep an installation waiting. */
const lockFile = '/run/roadie-packages.lock';

/**
 * Does something when nobody else does what this lock stands for: without `path` something with packages, where another installation
 * that came to its end would let services start that come with ours. The turn ends with the process, whatever ends it. Throws where the turn does not
 * come within five minutes, as apt itself does.
 */
export async function inTurn<Result>(work: () => Promise<Result>, path = lockFile): Promise<Result> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    await lock(file, path);
    return await work();
  } finally {
    await file.close();
  }
}

/** The lock is the open file's and not the process's (flock(2)): it is ours when the program that took it has ended. */
async function lock(file: FileHandle, path: string): Promise<void> {
  const child = spawn('flock', ['--wait', String(lockSeconds), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file.fd],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${path} is held by another operation.`);
}
