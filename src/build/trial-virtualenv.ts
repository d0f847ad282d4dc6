import { posix } from 'node:path';

import { ensureFolder, readText, removeFile } from '../machine/files/files.ts';
import { groupReads, sealTree } from '../machine/files/seal.ts';
import { giveFolders, linkTree, listFolder, removeTree } from '../machine/files/tree.ts';
import { ensureUv } from '../machine/packages/uv.ts';
import { endUser } from '../machine/processes/end-user.ts';
import { run } from '../machine/processes/run.ts';
import { currentUser } from '../machine/users/users.ts';
import { ProblemError } from '../problems/problem.ts';
import type { ReleaseRecord } from '../sites/record.ts';
import { buildTmp } from './confined.ts';
import type { BuilderContext } from './context.ts';
import type { BuildSurroundings } from './input.ts';
import { installCommand, runInstaller } from './installer.ts';
import { installedVersions, sitePackages } from './site-packages.ts';

/** What a trial's virtualenv is made with. */
export type TrialBuild = Pick<BuilderContext, 'place' | 'log'> & {
  readonly surroundings: Pick<BuildSurroundings, 'tools' | 'network' | 'signal' | 'confiner'>;
};

/** Where the copy of a release's virtualenv stands that is gone after a trial. In the site's folder, which is root's. */
function trialFolder(site: string): string {
  return posix.join(site, 'trial');
}

/** Removes what a trial has left. Only where no service runs from it. */
export async function removeTrial(site: string): Promise<void> {
  await removeTree(trialFolder(site));
}

/**
 * A copy of a release's virtualenv with further distributions: the release as it runs from that. The files are hard links of the
 * release's, root's as before, and the build's user gets the folders alone, so it can add and replace names in the copy and
 * change nothing that the release has. What it has made is root's before anything is run from it. One of a site at a time;
 * replaces the one before. Throws `dependencies-unresolvable`.
 */
export async function makeTrial(
  release: ReleaseRecord,
  requirements: readonly string[],
  { place, log, surroundings }: TrialBuild,
): Promise<ReleaseRecord> {
  const { site, build: builder } = place.users;
  const root = builder && { uid: 0, gid: 0 };
  const folder = trialFolder(place.folders.site);
  const virtualenv = posix.join(folder, 'venv');
  const bin = posix.join(virtualenv, 'bin');
  const tmp = buildTmp(place.folders.site);
  const { network, signal } = surroundings;
  const uv = await ensureUv(surroundings.tools, { python: release.python, network, log, signal });
  if (uv === undefined) throw notCopied('uv, which installs into the copy, could not be installed');
  // What a build that was killed has left running would go on changing what is made here.
  if (builder) await endUser(builder);
  await removeTree(folder);
  await ensureFolder(folder, { mode: 0o700, ownership: root });
  await copyVirtualenv(posix.join(release.bin, '..'), virtualenv, builder !== undefined);
  if (builder) {
    await giveFolders(virtualenv, { uid: builder.uid, gid: builder.gid });
    await ensureFolder(folder, { mode: 0o710, ownership: { uid: 0, gid: builder.gid } });
  }
  await removeTree(tmp);
  try {
    const code = posix.join(release.folder, 'code');
    const context = { place, log, builder, surroundings, python: { path: release.python }, paths: { folder, code } };
    const command = installCommand({ kind: 'uv', path: uv }, { bin, python: posix.join(bin, 'python') });
    const done = await runInstaller(context, [...command, ...requirements]);
    if (done.code !== 0) throw notInstalled(requirements, signal?.aborted === true, done.stderr, log);
  } finally {
    if (builder) await endUser(builder);
    await removeTree(tmp);
  }
  await ensureFolder(folder, { mode: 0o700, ownership: root });
  const sealed = site && { uid: 0, gid: site.gid };
  // What is root's already is the release's as well, and stays as it is.
  sealTree(virtualenv, {
    from: [builder?.uid ?? currentUser().uid],
    to: sealed,
    modes: groupReads,
    ...(builder && { leaveOthers: true as const }),
  });
  await ensureFolder(folder, { mode: 0o711, ownership: root });
  const distributions = installedVersions(await listFolder(await sitePackages(virtualenv)));
  return {
    ...release,
    bin,
    probe: { ...release.probe, distributions: { ...release.probe.distributions, ...distributions } },
  };
}

/** Only what uv has made for it can stand elsewhere: the programs of other virtualenvs name their own interpreter. */
async function copyVirtualenv(from: string, to: string, isLinked: boolean): Promise<void> {
  const settings = (await readText(posix.join(from, 'pyvenv.cfg'))) ?? '';
  if (!/^relocatable *= *true$/m.test(settings)) throw notCopied('pip has made it, with its own path in its programs');
  // Where the same user has made the release, a link would be a way into that.
  const done = isLinked
    ? await linkTree(from, to)
    : (await run(['cp', '--archive', '--no-target-directory', '--', from, to])).code === 0;
  if (!done) throw notCopied(isLinked ? 'its file system has no hard links' : 'there is no room');
  // Of the release: that its own virtualenv is complete, and what uv locks.
  for (const name of ['.roadie', '.lock']) await removeFile(posix.join(to, name));
}

function notCopied(because: string): ProblemError {
  return new ProblemError({
    code: 'dependencies-unresolvable',
    summary: `The release's virtualenv could not be copied: ${because}`,
    cure: ['Name the server in roadie.toml, `[web] server`, and deploy: then `roadie tune` measures that one.'],
  });
}

function notInstalled(requirements: readonly string[], late: boolean, words: string, log: string): ProblemError {
  const what = requirements.join(', ');
  return new ProblemError({
    code: 'dependencies-unresolvable',
    summary: late ? `${what}: to install it took too long` : `${what} could not be installed`,
    detail: words.trim().slice(-2000),
    cure: [`The whole output: ${log}`],
  });
}
