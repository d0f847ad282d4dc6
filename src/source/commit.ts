import { git } from './git.ts';
import { readInside } from '../machine/processes/inside.ts';
import { lendFiles } from '../machine/files/lent-files.ts';
import { ProblemError } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';
import { asksToSkip } from './follow.ts';
import { gitUser } from './source.ts';

/** What a commit that was fetched is asked before it is released by itself. */
export type CommitQuestion = {
  /** Absolute path of the mirror's repository that has it. */
  readonly repository: string;
  /** The folder of the repository itself where it is on this machine. */
  readonly local: string | undefined;
  readonly buildUser: RunAs | undefined;
  readonly revision: string;
  /** The file with the keys that may sign, in the folder of the live release's code; absent where nobody has to. */
  readonly signers: { readonly folder: string; readonly path: string } | undefined;
  /** Folder to lend the list of keys in. */
  readonly lent: string;
};

/** Why a commit is not to be released by itself; undefined where nothing speaks against it. Runs nothing that the commit brings. */
export async function checkCommit(question: CommitQuestion): Promise<string | undefined> {
  const { repository, revision, signers } = question;
  const user = await gitUser(question.local === undefined ? {} : { local: question.local }, question.buildUser);
  const options = { directory: repository, user, timeoutSeconds: 60 };
  const commit = await git(['cat-file', 'commit', revision], options);
  if (commit.code !== 0) {
    throw new ProblemError({
      code: 'source-missing',
      summary: `The commit ${revision.slice(0, 12)} cannot be read`,
      detail: commit.stderr.trim().slice(-1000),
      cure: ['Wait: it is fetched again with the next look at the repository.'],
    });
  }
  // The header ends with an empty line; a signature in it has none.
  if (asksToSkip(commit.stdout.slice(commit.stdout.indexOf('\n\n')))) return 'its message says [skip deploy]';
  if (signers === undefined) return undefined;
  const keys = await readInside(signers.folder, signers.path);
  if (keys === undefined) return `the live release has no file ${signers.path} that says who may sign`;
  return lendFiles(question.lent, { signers: { content: keys, mode: 0o400 } }, user, async ({ path }) => {
    const trust = ['-c', `gpg.ssh.allowedSignersFile=${path}/signers`, '-c', 'gpg.program=/bin/false'];
    const verified = await git(['verify-commit', revision], {
      ...options,
      access: { arguments: [...trust, '-c', 'gpg.x509.program=/bin/false'], environment: {} },
    });
    return verified.code === 0
      ? undefined
      : `it is not signed by a key that may (${verified.stderr.trim().split('\n').at(-1) || 'no signature'})`;
  });
}
