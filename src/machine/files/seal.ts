import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
  type Stats,
  unlinkSync,
} from 'node:fs';

import type { Ownership } from '../../services/ownership.ts';
import { ProblemError } from '../../problems/problem.ts';
import { typed } from '../../problems/shell-word.ts';

/** The exact modes of what is sealed: `program` is a file that somebody could execute. None has a set-id bit. */
export type Modes = { readonly folder: number; readonly file: number; readonly program: number };

/** The group may read; everybody else is kept out. */
export const groupReads: Modes = { folder: 0o750, file: 0o640, program: 0o750 };

/** All may read. */
export const allRead: Modes = { folder: 0o755, file: 0o644, program: 0o755 };

/** The owner's alone. */
export const ownerOnly: Modes = { folder: 0o700, file: 0o600, program: 0o700 };

export type Sealing = {
  /** User ids of those whose things these may be: nothing of anybody else's is touched. */
  readonly from: readonly number[];
  /** Whose they are from now on; absent where owners stay, as without root. */
  readonly to?: Ownership | undefined;
  /** Absent: what they are, without set-id bits. */
  readonly modes?: Modes;
  /** What is not theirs, and what is too deep, is left as it is instead of refused. */
  readonly leaveOthers?: true;
  /**
   * The folder itself is root's until all in it has changed hands: a hand-over that was cut short then shows, and can be
   * repeated.
   */
  readonly topLast?: true;
  /** Symbolic links are removed: what is opened there later needs no look at each part of its path. */
  readonly withoutLinks?: true;
};

/** Deeper than any project or package; each level holds a descriptor. */
const deepest = 200;

type Walk = Sealing & { readonly device: number };

/**
 * Gives a folder and all in it to another owner, with exact modes, and is safe against whoever owns it until then. `path`'s parent
 * must be a folder that only root can change.
 *
 * Each folder is opened without following a link, and given away before it is listed: from then on nobody else can change
 * what it has. What it has is opened below that descriptor, again without following, and changed through its own
 * descriptor. So there is no moment at which a name can come to mean something else.
 *
 * Sockets and pipes are removed. Another's file (a hard link to it), a device, another file system or folders without end are
 * refused: the problem `hand-over-refused`.
 */
export function sealTree(path: string, sealing: Sealing): void {
  const top = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(top);
    const walk = { ...sealing, device: found.dev };
    if (sealing.topLast !== true) {
      sealFolder(top, path, walk, 0);
      return;
    }
    // Root's where an earlier hand-over was cut short here.
    if (found.uid !== 0) requireOurs(found, path, walk);
    fchownSync(top, 0, 0);
    fchmodSync(top, 0o700);
    sealEntries(top, path, walk, 0);
    give(top, found, walk, walk.modes?.folder);
  } finally {
    closeSync(top);
  }
}

function sealFolder(folder: number, shown: string, walk: Walk, depth: number): void {
  if (depth > deepest) {
    if (walk.leaveOthers === true) return;
    throw refused(shown, `it is more than ${deepest} folders deep`);
  }
  const found = fstatSync(folder);
  if (isOurs(found, shown, walk)) give(folder, found, walk, walk.modes?.folder);
  else if (found.dev !== walk.device) return;
  sealEntries(folder, shown, walk, depth);
}

function sealEntries(folder: number, shown: string, walk: Walk, depth: number): void {
  const here = Buffer.from(`/proc/self/fd/${folder}/`);
  // Names are bytes: one that is no UTF-8 would otherwise be passed over.
  for (const entry of readdirSync(here, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([here, entry.name]);
    const name = `${shown}/${entry.name.toString()}`;
    if (entry.isDirectory()) {
      opened(path, constants.O_DIRECTORY, (inner) => sealFolder(inner, name, walk, depth + 1));
    } else if (entry.isFile()) {
      // A pipe would make the open wait.
      opened(path, constants.O_NONBLOCK, (inner) => {
        const found = fstatSync(inner);
        if (!found.isFile()) throw refused(name, 'it is no file any more');
        const mode = (found.mode & 0o111) === 0 ? walk.modes?.file : walk.modes?.program;
        if (isOurs(found, name, walk)) give(inner, found, walk, mode);
      });
    } else sealSpecial(path, name, walk);
  }
}

/** What is not opened: its folder cannot be changed by anybody else any more, so its name stays its own. */
function sealSpecial(path: Buffer, name: string, walk: Walk): void {
  const found = lstatSync(path);
  if (!isOurs(found, name, walk)) return;
  if (found.isSymbolicLink()) {
    if (walk.withoutLinks === true) unlinkSync(path);
    else if (walk.to) lchownSync(path, walk.to.uid, walk.to.gid);
  } else if (found.isFIFO() || found.isSocket()) unlinkSync(path);
  else throw refused(name, 'it is a device');
}

function opened(path: Buffer, flags: number, work: (descriptor: number) => void): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | flags);
  try {
    work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The owner first: the kernel takes set-id bits and capabilities away with it, and the old owner could set the mode again. */
function give(descriptor: number, found: Stats, { to }: Walk, mode: number | undefined): void {
  if (to) fchownSync(descriptor, to.uid, to.gid);
  fchmodSync(descriptor, mode ?? found.mode & 0o777);
}

function isOurs(found: Stats, shown: string, walk: Walk): boolean {
  if (walk.leaveOthers === true) return walk.from.includes(found.uid) && found.dev === walk.device;
  requireOurs(found, shown, walk);
  return true;
}

function requireOurs({ uid, dev }: Stats, shown: string, { from, device }: Walk): void {
  if (!from.includes(uid)) throw refused(shown, `it belongs to the user with id ${uid}`);
  if (dev !== device) throw refused(shown, 'it is on another file system');
}

function refused(path: string, because: string): ProblemError {
  return new ProblemError({
    code: 'hand-over-refused',
    summary: `${path} cannot be taken over: ${because}`,
    where: { file: path },
    cure: [
      "Look what puts that there: a build of the project's or a package's set-up. Then run the same command again.",
      `$ ls -ld ${typed(path)}`,
    ],
  });
}
