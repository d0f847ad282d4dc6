import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ProblemError } from '../../problems/problem.ts';
import type { RunAs } from '../../services/service.ts';
import { asUser } from './as-user.ts';
import { bareEnvironment, run } from './run.ts';

/** A file of the caller's that a command of another user reads or writes. `path` is absolute. */
type LentFile = { readonly path: string; readonly use: 'read' | 'write' };

/** Files that were lent. */
type Lending = {
  /** Where the command finds each, in their order. */
  readonly paths: readonly string[];
  /** Writes what the command has written to where the caller wants it, with mode 0600. Throws `command-failed`. */
  giveBack(): Promise<void>;
  /** Removes the copies. */
  end(): Promise<void>;
};

/** How {@link lendFiles} is called. */
export type LendFiles = (files: readonly LentFile[], user: RunAs, below: string) => Promise<Lending>;

/**
 * Copies of files where a user can read and write them, below a folder of that user's. Each side is touched with its own rights
 * alone. Throws `command-failed`.
 */
export async function lendFiles(files: readonly LentFile[], user: RunAs, below: string): Promise<Lending> {
  const made = await run(['mktemp', '-d', '-p', below, 'roadie-run.XXXXXXXX'], { user });
  const folder = made.stdout.trim();
  if (made.code !== 0 || folder === '') throw failed(below, made.stderr);
  const copies = files.map(({ path, use }, index) => ({ path, use, copy: join(folder, `${index}-${basename(path)}`) }));
  const end = async (): Promise<void> => {
    await run(['rm', '--recursive', '--force', '--', folder], { user });
  };
  try {
    for (const { path, use, copy } of copies) if (use === 'read') await readInto(path, copy, user);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    paths: copies.map(({ copy }) => copy),
    async giveBack() {
      for (const { path, use, copy } of copies) if (use === 'write') await writeFrom(copy, path, user);
    },
    end,
  };
}

async function readInto(path: string, copy: string, user: RunAs): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await asUserWith(user, ['/bin/sh', '-c', 'cat >"$1"', 'copy', copy], [file.fd, 'ignore', 'pipe'], path);
  } finally {
    await file.close();
  }
}

/** Whole or not at all. The copy is opened as the user whose it is: whatever it has become, it is nothing that the user cannot read. */
async function writeFrom(copy: string, path: string, user: RunAs): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    await asUserWith(user, ['cat', '--', copy], ['ignore', file.fd, 'pipe'], path);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error instanceof ProblemError ? error : failed(path, String(error));
  } finally {
    await file?.close();
  }
}

function asUserWith(
  user: RunAs,
  command: readonly [string, ...string[]],
  stdio: [number | 'ignore', number | 'ignore', 'pipe'],
  path: string,
): Promise<void> {
  const spawned = asUser(user, { command, environment: bareEnvironment });
  const [program, ...rest] = spawned.command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: '/', env: { ...spawned.environment }, stdio });
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2000)));
    child.once('error', (error) => reject(failed(path, error.message)));
    child.once('close', (code) => (code === 0 ? resolve() : reject(failed(path, words))));
  });
}

function failed(path: string, words: string): ProblemError {
  return new ProblemError({
    code: 'command-failed',
    summary: `${path} could not be copied for the site's user, or back`,
    ...(words.trim() !== '' && { detail: words.trim() }),
    cure: ['Look at what is named above: the disk may be full, or the folder may not be writable.'],
  });
}
