import { join, normalize } from 'node:path';

import { ensureFolder, exists, writeAtomically } from '../machine/files/files.ts';
import { git } from './git.ts';
import { moveTree, removeTree } from '../machine/files/tree.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import { checkRef } from './address.ts';
import { layOut, makeMirror } from './repository.ts';

/** Absolute path of the bare repository that a site can be pushed to. */
export function ownRepository(sites: string, site: string): string {
  return join(sites, site, 'repository.git');
}

/** The branch that is released when it is pushed, unless another is chosen. */
const standardBranch = 'main';

/** What a pushed repository may send at once. Bytes. */
const largestPush = 2 * 1024 ** 3;

/**
 * Makes a site's own repository, or brings it up to date: where it is, its hook is written anew, since Roadie may have moved.
 * `hook` is the command that git runs with the site's branch before it accepts a push. Answers the branch that is released.
 */
export async function ensureOwnRepository(input: {
  readonly path: string;
  readonly branch: string | undefined;
  readonly hook: string;
}): Promise<string> {
  const { path, branch } = input;
  const problem = branch === undefined ? undefined : checkRef(branch);
  if (problem) throw new ProblemError(problem);
  if (!(await exists(path))) {
    const temporary = `${path}.${process.pid}`;
    await removeTree(temporary);
    await ensureFolder(temporary, { mode: 0o700 });
    await plain(
      ['init', '--quiet', '--bare', '--template=', `--initial-branch=${standardBranch}`, '--', temporary],
      '/',
    );
    await moveTree(temporary, path);
  }
  for (const [name, value] of settings) await plain(['config', name, value], path);
  if (branch !== undefined) await plain(['symbolic-ref', 'HEAD', `refs/heads/${branch}`], path);
  await ensureFolder(join(path, 'hooks'), { mode: 0o700 });
  await writeAtomically(join(path, 'hooks', 'pre-receive'), input.hook, { mode: 0o700 });
  return releasedBranch(path);
}

/** What is pushed is checked as strictly as git can, and other refs than branches and tags stay Roadie's. */
const settings: readonly (readonly [string, string])[] = [
  ['receive.fsckObjects', 'true'],
  ['receive.denyDeleteCurrent', 'refuse'],
  ['receive.maxInputSize', String(largestPush)],
  ['receive.autogc', 'false'],
  ['core.sharedRepository', '0600'],
];

/** The branch that HEAD names. */
async function releasedBranch(path: string): Promise<string> {
  const told = await plain(['symbolic-ref', '--quiet', 'HEAD'], path);
  return told.trim().replace(/^refs\/heads\//, '');
}

/**
 * Writes the files of a commit that is being pushed below the mirror, where a release is built from. Git keeps its objects apart
 * (`objects`) until the push is accepted, so nobody else can see them yet. Throws `source-missing`.
 */
export async function layOutPushed(input: {
  readonly repository: string;
  readonly objects: string;
  readonly revision: string;
  readonly mirror: string;
  readonly log: string | undefined;
}): Promise<void> {
  const { repository, revision, mirror } = input;
  // Git names it with a `.` in between.
  const objects = normalize(input.objects);
  const home = join(repository, 'objects');
  // Only git's own folder for what comes in: the request is not to choose where objects are read from.
  if (objects !== home && !(objects.startsWith(`${home}/`) && /^[\w-]+$/.test(objects.slice(home.length + 1))))
    throw new ProblemError(strange(`${objects} is not in ${home}`));
  await makeMirror(mirror, undefined);
  const tree = join(mirror, 'trees', revision);
  if (await exists(tree)) return;
  await layOut(revision, tree, {
    directory: repository,
    log: input.log,
    environment: { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: home },
  });
}

async function plain(args: readonly string[], directory: string): Promise<string> {
  const done = await git(args, { directory, timeoutSeconds: 60 });
  if (done.code === 0) return done.stdout;
  if (done.code === 127)
    throw new ProblemError({
      code: 'packages-missing',
      summary: 'git is not installed, and a repository needs it',
      cure: ['$ apt-get install git'],
    });
  throw new ProblemError(strange(done.stderr.trim().slice(-1000)));
}

function strange(detail: string): Problem {
  return {
    code: 'command-failed',
    summary: "Git could not do what the site's own repository needs",
    detail,
    cure: ['Free some disk space, or look at the repository with `git fsck`, and run the same command again.'],
  };
}
