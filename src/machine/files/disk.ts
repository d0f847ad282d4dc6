import { lstat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { Problem } from '../../problems/problem.ts';
import { isMissing } from './files.ts';
import { listFolder } from './tree.ts';
import { typed } from '../../problems/shell-word.ts';

/** Room on the file system that holds a path, for those who are not root. */
export type DiskSpace = {
  readonly path: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** 0 where the file system does not count them (btrfs): then they do not run out either. */
  readonly totalInodes: number;
  readonly freeInodes: number;
};

/** How much must stay free: both must hold. */
export type DiskFloor = { readonly bytes: number; readonly share: number; readonly inodes: number };

/** 500 MB, a twentieth of the disk at most, and 10,000 files: about what a release with its virtualenv takes. */
const standardFloor: DiskFloor = { bytes: 500_000_000, share: 0.05, inodes: 10_000 };

/** The room on the file system that holds `path`, or its nearest parent that exists. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  try {
    const found = await statfs(path);
    return {
      path,
      totalBytes: found.blocks * found.bsize,
      freeBytes: found.bavail * found.bsize,
      totalInodes: found.files,
      freeInodes: found.ffree,
    };
  } catch (error) {
    const parent = dirname(path);
    if (isMissing(error) && parent !== path) return { ...(await diskSpace(parent)), path };
    throw error;
  }
}

/** Bytes of the files that lie in a folder itself, all or some of them; 0 where there is none. */
export async function fileBytes(folder: string, fits: (name: string) => boolean = () => true): Promise<number> {
  let bytes = 0;
  for (const name of (await listFolder(folder)).filter(fits)) {
    // It may be rotated away meanwhile.
    const found = await lstat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() === true) bytes += found.size;
  }
  return bytes;
}

/**
 * The problem `disk-full`, where less is free than the floor asks for. The share counts only up to ten times `bytes`: on a
 * large disk a twentieth is plenty, and no reason to refuse a release.
 */
export function diskProblem(space: DiskSpace, floor: DiskFloor = standardFloor): Problem | undefined {
  const needed = Math.max(floor.bytes, Math.min(space.totalBytes * floor.share, floor.bytes * 10));
  if (space.freeBytes < needed) {
    return {
      code: 'disk-full',
      summary: `Only ${megabytes(space.freeBytes)} are free on the disk of ${space.path}; Roadie wants ${megabytes(needed)} before it changes anything`,
      where: { file: space.path },
      cure: [
        'Make room, then run the same command again: nothing was changed.',
        `$ du -xh --max-depth=2 ${typed(space.path)} | sort -h | tail`,
        '$ apt-get clean',
      ],
    };
  }
  if (space.totalInodes > 0 && space.freeInodes < floor.inodes) {
    return {
      code: 'disk-full',
      summary: `The disk of ${space.path} can take only ${space.freeInodes} more files; Roadie wants ${floor.inodes} before it changes anything`,
      where: { file: space.path },
      cure: [
        'Delete what consists of many small files (caches, sessions, old mail), then run the same command again.',
        `$ du -x --inodes --max-depth=2 ${typed(space.path)} | sort -n | tail`,
      ],
    };
  }
  return undefined;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
}
