import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';

import type { Source } from '../blueprint/blueprint.ts';
import { describeFile, exists } from '../machine/files/files.ts';
import { copyFiles, hashFiles } from '../machine/files/tree.ts';
import { type Problem, must, ProblemError } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';
import { type AccessPlaces, withAccess } from './access.ts';
import { type Address, checkRef, localRepository, parseAddress } from './address.ts';
import { listCommit, listProject, ownerAsUser } from './folder.ts';
import { fetchRevision, isBareRepository } from './repository.ts';
import { typed } from '../problems/shell-word.ts';

export type SourceInput = {
  /** An absolute path, or a repository's address (see {@link parseAddress}). */
  readonly source: string;
  /** Branch, tag or commit; the repository's default branch where absent. Folders have none. */
  readonly ref?: string | undefined;
  /** The commit to take, whatever the ref stands at by now. */
  readonly revision?: string | undefined;
  /** Where keys and tokens of private repositories are. */
  readonly access?: AccessPlaces | undefined;
  /** Absolute path of the folder for mirrors of repositories. */
  readonly checkouts: string;
  /** Who runs git for addresses elsewhere. Absent without root. */
  readonly buildUser?: RunAs | undefined;
  /** HOME for ssh's keys and known hosts. */
  readonly home?: string | undefined;
  /** Others may be using what was fetched before: nothing of it is removed. */
  readonly leaveOthers?: boolean | undefined;
  readonly log?: string | undefined;
  readonly signal?: AbortSignal | undefined;
};

export type ResolvedSource = {
  readonly source: Source;
  /** Absolute path of the folder where the files of that revision can be read. */
  readonly folder: string;
  /** Files of a folder that git ignores and that go along, since they are the owner's own configuration. */
  readonly ignored?: readonly string[];
};

/**
 * Pins a source to a revision and says where its files can be read. A folder is taken as it is: where git tracks it, tracked
 * files and those that are not ignored (or are the owner's own configuration), else all but version control, caches and virtualenvs; its revision is the hash of that
 * content. A repository is fetched into `checkouts`. Throws `source-missing` and `source-refused`.
 */
export async function resolveSource(input: SourceInput): Promise<ResolvedSource> {
  const address = await locate(must(parseAddress(input.source)));
  if (address.kind === 'folder') {
    if (input.ref !== undefined) throw new ProblemError(refOfFolder(address.path));
    const { files, ignored } = await listProject(address.path);
    const { hash } = await hashFiles(address.path, files);
    return { source: { kind: 'folder', path: address.path, revision: hash }, folder: address.path, ignored };
  }
  const ref = input.ref ?? address.ref;
  if (ref !== undefined) {
    const problem = checkRef(ref);
    if (problem) throw new ProblemError(problem);
  }
  const user = await gitUser(address, input.buildUser);
  const fetched = await withAccess(input.access, { url: address.url, user }, (access) =>
    fetchRevision({
      url: address.url,
      ref,
      revision: input.revision,
      mirror: mirrorOf(input.checkouts, address.url),
      user,
      home: input.home,
      access,
      leaveOthers: input.leaveOthers,
      log: input.log,
      signal: input.signal,
    }),
  );
  const folder = address.subfolder === '' ? fetched.tree : join(fetched.tree, address.subfolder);
  const found = await describeFile(folder);
  if (found?.kind !== 'folder') {
    throw new ProblemError({
      code: 'source-missing',
      summary: `There is no folder ${address.subfolder} in that repository at ${fetched.revision.slice(0, 12)}`,
      cure: ['Give it as `ADDRESS#REF:FOLDER/INSIDE`.'],
    });
  }
  return {
    source: {
      kind: 'git',
      url: address.url,
      ref: fetched.ref,
      subfolder: address.subfolder,
      revision: fetched.revision,
    },
    folder,
  };
}

/** Folder of a repository's mirror: what was fetched of it. */
export function mirrorOf(checkouts: string, url: string): string {
  return join(checkouts, createHash('sha256').update(url).digest('hex').slice(0, 24));
}

/** Who git runs as: a repository's owner where it is on this machine, else the user for builds. */
export async function gitUser(
  address: Pick<Extract<Address, { kind: 'git' }>, 'local'>,
  buildUser: RunAs | undefined,
): Promise<RunAs | undefined> {
  return address.local === undefined ? buildUser : ownerAsUser(address.local);
}

/**
 * Copies the code of a resolved source into an existing folder, owned by `writer`. Throws `plan-outdated` where a folder's
 * content is no longer what the revision says, and `source-missing` where a file cannot be read by the folder's owner.
 */
export async function exportSource(
  source: Source,
  folder: string,
  into: string,
  options: { readonly writer?: RunAs | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const listed = source.kind === 'folder' ? (await listProject(folder)).files : await listCommit(folder);
  const before = source.kind === 'folder' ? await hashFiles(folder, listed) : undefined;
  if (before && before.hash !== source.revision) throw new ProblemError(moved(folder));
  const files = before?.present ?? listed;
  const words = await copyFiles(folder, files, into, {
    reader: await ownerAsUser(folder),
    writer: options.writer,
    signal: options.signal,
  });
  if (words !== undefined) {
    throw new ProblemError({
      code: 'source-missing',
      summary: `The files of ${folder} could not be copied into the release`,
      detail: words,
      where: { file: folder },
      cure: [
        'Let the owner of the folder read all of its files.',
        'Or add what is no part of the project to .gitignore.',
      ],
    });
  }
  if (source.kind === 'folder' && (await hashFiles(into, files)).hash !== source.revision)
    throw new ProblemError(moved(folder));
}

/** A path that is a bare repository, or that ends in `.git` and is none, is no project folder. */
async function locate(address: Address): Promise<Address> {
  const path = address.kind === 'folder' ? address.path : address.local;
  if (path === undefined) return address;
  if (!isAbsolute(path) || !(await exists(path))) throw new ProblemError(missing(path));
  if (address.kind === 'git') return address;
  if (await isBareRepository(path)) return localRepository(path);
  const found = await describeFile(`${path}/.`).catch(() => undefined);
  if (found?.kind !== 'folder')
    throw new ProblemError({
      code: 'source-missing',
      summary: `${path} is not a folder`,
      where: { file: path },
      cure: ['Give the folder that holds manage.py, or the address of a repository.'],
    });
  return address;
}

function missing(path: string): Problem {
  return {
    code: 'source-missing',
    summary: `There is nothing at ${path}`,
    where: { file: path },
    cure: ['Give the path of the folder that holds manage.py, or the address of its repository.'],
  };
}

function refOfFolder(path: string): Problem {
  return {
    code: 'source-refused',
    summary: `${path} is a folder, which is taken as it is: --ref says nothing there`,
    cure: [
      'Leave --ref out.',
      `Or give the repository's address instead of the folder: \`${typed(`file://${path}`)}\`.`,
    ],
  };
}

function moved(folder: string): Problem {
  return {
    code: 'plan-outdated',
    summary: `Files in ${folder} were changed while the release was being made`,
    where: { file: folder },
    cure: ['Run the same command again.'],
  };
}
