import { describeFile, exists } from '../machine/files/files.ts';
import { git } from './git.ts';
import { ownerOf, TreeTooLarge, walkTree } from '../machine/files/tree.ts';
import { isRoot } from '../machine/system.ts';
import { ProblemError } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';
import { configurationAmong } from './ignored.ts';
import { isLeftOut, parseListing } from './listing.ts';

/** A project's files, and which of them git ignores. */
export type ProjectListing = { readonly files: readonly string[]; readonly ignored: readonly string[] };

/** More files than this are no project: somebody gave a home folder or `/`. */
const fileLimit = 50_000;

/**
 * The files of a project's folder, relative to it and sorted: what git tracks and does not ignore where it is (part of) a work
 * tree, with what it ignores and is the owner's own configuration all the same; else everything but version control, caches and
 * virtualenvs.
 */
export async function listProject(folder: string): Promise<ProjectListing> {
  try {
    const listed = (await isInWorkTree(folder)) ? await listByGit(folder) : undefined;
    if (!listed) return { files: await walkTree(folder, isLeftOut, fileLimit), ignored: [] };
    const ignored = configurationAmong(await ignoredByGit(folder), listed);
    return { files: [...listed, ...ignored].toSorted(), ignored };
  } catch (error) {
    if (error instanceof TreeTooLarge) throw tooLarge(folder);
    throw error;
  }
}

/** What git ignores, whole folders as one. Nothing where git does not answer. */
async function ignoredByGit(folder: string): Promise<readonly string[]> {
  const result = await git(['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'], {
    directory: folder,
    user: await ownerAsUser(folder),
    timeoutSeconds: 60,
  });
  return result.code === 0 ? result.stdout.split('\0').filter((path) => path !== '') : [];
}

/** The files of a commit that was laid out: all of them, whatever they are called. */
export async function listCommit(folder: string): Promise<readonly string[]> {
  try {
    return await walkTree(folder, (name) => name === '.git', fileLimit);
  } catch (error) {
    if (error instanceof TreeTooLarge) throw tooLarge(folder);
    throw error;
  }
}

/** The owner of a folder as a user to run commands as, where this process may choose: absent without root and where root owns it. */
export async function ownerAsUser(path: string): Promise<RunAs | undefined> {
  if (!isRoot()) return undefined;
  const owner = await ownerOf(`${path}/.`);
  return owner && owner.uid !== 0 ? { ...owner, name: `#${owner.uid}` } : undefined;
}

/** Whether a `.git` lies in the folder or above it. Saves a process where there is none. */
async function isInWorkTree(folder: string): Promise<boolean> {
  for (let path = folder; ; path = path.slice(0, path.lastIndexOf('/'))) {
    if (await exists(`${path}/.git`)) return true;
    if (path === '') return false;
  }
}

/** Undefined where git does not answer for that folder (another's repository, one that is ignored as a whole). */
async function listByGit(folder: string): Promise<readonly string[] | undefined> {
  const result = await git(['ls-files', '-z', '-t', '--cached', '--others', '--exclude-standard'], {
    directory: folder,
    user: await ownerAsUser(folder),
    timeoutSeconds: 60,
  });
  if (result.code !== 0) return undefined;
  // Near the limit of what a command's result holds, names may be missing from it.
  if (result.stdout.length > 3_500_000) throw tooLarge(folder);
  const listed = parseListing(result.stdout);
  if (listed.length === 0) return undefined;
  if (listed.length > fileLimit) throw tooLarge(folder);
  const files: string[] = [];
  for (const path of listed) {
    // A submodule or a repository inside is listed as a folder: its files are as much part of the project as the others.
    const inner = path.replace(/\/$/, '');
    if (path !== inner || (await describeFile(`${folder}/${inner}`))?.kind === 'folder') {
      for (const file of await walkTree(`${folder}/${inner}`, isLeftOut, fileLimit)) files.push(`${inner}/${file}`);
    } else files.push(path);
  }
  return files.toSorted();
}

function tooLarge(folder: string): ProblemError {
  return new ProblemError({
    code: 'source-refused',
    summary: `${folder} has more than ${fileLimit} files, which is more than a project has`,
    where: { file: folder },
    cure: [
      'Give the folder that holds manage.py itself.',
      'Or list what is no part of the project (data, uploads) in .gitignore.',
    ],
  });
}
