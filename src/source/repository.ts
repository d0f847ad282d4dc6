import { dirname, join } from 'node:path';

import { ensureFolder, exists } from '../machine/files/files.ts';
import { run } from '../machine/processes/run.ts';
import { inTurn } from '../machine/processes/turn.ts';
import { git, type GitAccess, type GitOptions } from './git.ts';
import { listFolder, moveTree, ownerOf, removeTree } from '../machine/files/tree.ts';
import { currentUser } from '../machine/users/users.ts';
import { ProblemError } from '../problems/problem.ts';
import type { Ownership } from '../services/ownership.ts';
import type { RunAs } from '../services/service.ts';
import { hidePassword } from './address.ts';
import { askRemote, type Asked, gitFailed } from './remote.ts';

export type FetchInput = {
  readonly url: string;
  readonly ref: string | undefined;
  /** The commit to take, whatever the ref stands at by now. */
  readonly revision?: string | undefined;
  /** Folder of this address's mirror; made where it is not there. */
  readonly mirror: string;
  /** Who runs git and owns the mirror. */
  readonly user: RunAs | undefined;
  readonly home: string | undefined;
  readonly access?: GitAccess | undefined;
  /** Files of other commits stay, however many there are: somebody may be reading them. */
  readonly leaveOthers?: boolean | undefined;
  readonly log: string | undefined;
  readonly signal: AbortSignal | undefined;
};

export type Fetched = {
  /** Hash of the commit. */
  readonly revision: string;
  /** What was asked for, or the name of the default branch. */
  readonly ref: string;
  /** Absolute path of the commit's files. */
  readonly tree: string;
};

/** Checked-out commits that are kept beside the newest. */
const treesKept = 3;

/** Whether a path is a bare repository by its looks: git itself decides when it fetches from there. */
export async function isBareRepository(path: string): Promise<boolean> {
  return (
    (await exists(`${path}/HEAD`)) &&
    (await exists(`${path}/objects`)) &&
    (await exists(`${path}/refs`)) &&
    !(await exists(`${path}/manage.py`))
  );
}

/**
 * Asks the repository where a ref stands, fetches that commit into the mirror unless it is there, and lays its files out
 * below `mirror/trees`. Can be killed at any point and repeated. Throws `source-missing`.
 */
export async function fetchRevision(input: FetchInput): Promise<Fetched> {
  // What only reads fetches beside what changes the site, and git's own locks would make one of them fail.
  await ensureFolder(dirname(input.mirror), { mode: 0o711 });
  return inTurn(`${input.mirror}.lock`, () => fetchAlone(input));
}

async function fetchAlone(input: FetchInput): Promise<Fetched> {
  try {
    return await fetchOnce(input);
  } catch (error) {
    // A git that was killed leaves lock files and half a mirror behind: it is only a copy, and is made anew.
    const words = error instanceof ProblemError ? (error.problems[0].detail ?? '') : '';
    if (!damaged.test(words)) throw error;
    await removeTree(join(input.mirror, 'repository.git'));
    return fetchOnce(input);
  }
}

const damaged =
  /\.lock'?: File exists|not a git repository|bad object|corrupt|unable to read|invalid shallow|did not send all necessary objects/i;

async function fetchOnce(input: FetchInput): Promise<Fetched> {
  const repository = join(input.mirror, 'repository.git');
  const trees = join(input.mirror, 'trees');
  await makeMirror(input.mirror, input.user);
  const options: GitOptions = {
    directory: repository,
    user: input.user,
    home: input.home,
    access: input.access,
    log: input.log,
    signal: input.signal,
  };
  if (!(await exists(join(repository, 'HEAD')))) {
    await removeTree(repository);
    await ensureFolder(repository, { mode: 0o700, ownership: ownershipOf(input.user) });
    const init = ['init', '--quiet', '--bare', '--template=', '--end-of-options', repository];
    const made = await git(init, { ...options, directory: input.mirror });
    if (made.code !== 0) throw gitFailed(who(input), 'git could not make the mirror', made.stderr);
  }
  const pinned = input.revision;
  // Laid out whole or not at all: where it is, nothing has to be asked.
  if (pinned !== undefined && (await exists(join(trees, pinned))))
    return { revision: pinned, ref: input.ref ?? 'HEAD', tree: join(trees, pinned) };
  const asked =
    pinned === undefined
      ? await askRemote({ ...input, who: input.user?.name }, options)
      : { ref: input.ref ?? 'HEAD', wanted: pinned, revision: pinned, passed: true };
  const revision = (await commitOf(asked.revision, options)) ?? (await fetchCommit(input, asked, options));
  const tree = join(trees, revision);
  const others = (await listFolder(trees)).filter((name) => name !== revision);
  // Names with a dot are layouts that were cut short.
  const old = [
    ...others.filter((name) => name.startsWith('.')),
    ...others.filter((name) => !name.startsWith('.')).slice(treesKept),
  ];
  if (input.leaveOthers !== true) for (const name of old) await removeTree(join(trees, name));
  if (!(await exists(tree))) await layOut(revision, tree, options);
  return { revision, ref: asked.ref, tree };
}

/**
 * The folders of a mirror. They are root's, so that root can rename and remove what is in them by its name; the repository and
 * each tree are the user's that runs git, who may be a build's. A repository may be private: only that user enters.
 */
export async function makeMirror(mirror: string, user: RunAs | undefined): Promise<void> {
  const owners = await Promise.all([mirror, join(mirror, 'repository.git')].map((path) => ownerOf(path)));
  const wanted = [currentUser().uid, user?.uid ?? currentUser().uid];
  // Another user's is only a copy as well.
  if (owners.some((owner, index) => owner !== undefined && owner.uid !== wanted[index])) await removeTree(mirror);
  await ensureFolder(dirname(mirror), { mode: 0o711 });
  const root = user && { uid: 0, gid: user.gid };
  for (const folder of [mirror, join(mirror, 'trees')])
    await ensureFolder(folder, { mode: user ? 0o710 : 0o700, ownership: root });
}

function ownershipOf(user: RunAs | undefined): Ownership | undefined {
  return user && { uid: user.uid, gid: user.gid };
}

/** The commit that a name stands for in the mirror (a tag is followed to its commit); undefined where it is not there. */
async function commitOf(name: string, options: GitOptions): Promise<string | undefined> {
  const found = await git(['rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`], options);
  const hash = found.stdout.trim();
  return found.code === 0 && /^[0-9a-f]{40,64}$/.test(hash) ? hash : undefined;
}

async function fetchCommit(input: FetchInput, asked: Asked, options: GitOptions): Promise<string> {
  const common = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--force'];
  const full = /^[0-9a-f]{7,39}$/.test(asked.wanted);
  // One commit without its history is all that a release needs; servers may refuse a bare hash, then the whole is fetched.
  const shallow = full
    ? undefined
    : await git(
        [...common, '--depth=1', '--end-of-options', input.url, `+${asked.wanted}:refs/roadie/wanted`],
        options,
      );
  const first = shallow?.code === 0 ? await commitOf('refs/roadie/wanted', options) : undefined;
  if (first !== undefined) return first;
  const all = await git(
    [
      ...common,
      ...(shallow === undefined ? [] : ['--update-shallow']),
      '--end-of-options',
      input.url,
      '+refs/heads/*:refs/heads/*',
      '+refs/tags/*:refs/tags/*',
    ],
    { ...options, timeoutSeconds: 1800 },
  );
  if (all.code !== 0)
    throw gitFailed(
      who(input),
      `The repository ${hidePassword(input.url)} cannot be fetched`,
      all.stderr,
      all.timedOut,
    );
  const second = await commitOf(asked.revision, options);
  if (second !== undefined) return second;
  throw new ProblemError({
    code: 'source-missing',
    summary: `The repository ${hidePassword(input.url)} has no commit ${asked.wanted} on any branch or tag`,
    cure: ['Push the branch that holds it.', 'Give a branch, a tag or a whole commit hash.'],
  });
}

/** Writes a commit's files beside the others, under a temporary name first. Links are made as links, submodules as empty folders. */
export async function layOut(revision: string, tree: string, options: GitOptions): Promise<void> {
  const temporary = join(tree, '..', `.${revision}.${process.pid}`);
  const index = join(options.directory, `roadie-index.${process.pid}`);
  await removeTree(temporary);
  // Whoever reads it does so as its owner, or as root.
  await ensureFolder(temporary, { mode: 0o700, ownership: ownershipOf(options.user) });
  const environment = { GIT_INDEX_FILE: index };
  const steps = [
    ['read-tree', '--end-of-options', revision],
    ['checkout-index', '--all', '--force', '--quiet', `--prefix=${temporary}/`],
  ];
  try {
    for (const step of steps) {
      const done = await git(['-c', 'core.bare=false', ...step], {
        ...options,
        environment: {
          ...options.environment,
          ...environment,
          GIT_DIR: options.directory,
          GIT_WORK_TREE: temporary,
        },
      });
      if (done.code !== 0)
        throw new ProblemError({
          code: 'source-missing',
          summary: `The files of commit ${revision.slice(0, 12)} cannot be written`,
          detail: done.stderr.trim().slice(-2000),
          cure: ['Look at the repository with `git fsck`.', 'Free some disk space.'],
        });
    }
    await moveTree(temporary, tree);
  } finally {
    await run(['/bin/rm', '--force', '--', index], options.user ? { user: options.user } : {});
    await removeTree(temporary);
  }
}

function who(input: FetchInput): { readonly url: string; readonly who: string | undefined } {
  return { url: input.url, who: input.user?.name };
}
