import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** How long a turn is waited for, as apt itself waits. */
const waitSeconds = 300;

/**
 * Does something when nobody else, in this process or another, does what the lock file at `path` stands for. The turn ends with the
 * process, whatever ends it. Throws where the turn does not come within five minutes.
 */
export async function inTurn<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
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
  const child = spawn('flock', ['--wait', String(waitSeconds), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file.fd],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${path} is held by another operation.`);
}
