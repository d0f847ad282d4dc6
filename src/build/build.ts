import { posix } from 'node:path';

import type { ReleaseRecord } from '../sites/record.ts';
import { endUser } from '../machine/processes/end-user.ts';
import { ensureFolder, exists } from '../machine/files/files.ts';
import { pythonFolder } from '../source/scan-project.ts';
import { hashFiles, listFolder, removeTree } from '../machine/files/tree.ts';
import { buildTmp } from './confined.ts';
import { type BuildContext, releasePaths, required } from './context.ts';
import { tidyReleases } from '../sites/releases.ts';
import { releaseId } from './fingerprint.ts';
import type { BuildSurroundings, BuildInput } from './input.ts';
import { saveVirtualenv, spareVirtualenv } from './spare-virtualenv.ts';
import { runSteps, type Step } from './step.ts';
import { exportCode, sealCode } from './steps/code.ts';
import { buildFrontEnds } from './steps/frontend.ts';
import { makeExtensions } from './steps/extensions.ts';
import { handOver } from './steps/hand-over.ts';
import { keepData } from './steps/kept.ts';
import { checkProject, createCacheTable, migrate } from './steps/database.ts';
import { layOwnFiles } from './steps/own-files.ts';
import { carryStatic } from './steps/carry.ts';
import { makeMigrations } from './steps/make-migrations.ts';
import { reviewMigrations } from './steps/migrations.ts';
import { writeRecord } from './steps/record.ts';
import { providePython } from './steps/python.ts';
import { releaseCommands } from './steps/release-commands.ts';
import { askDjango, writeOverlay } from './steps/settings.ts';
import { snapshotDatabase } from './steps/snapshot.ts';
import { collectStatic, compressStatic } from './steps/static.ts';
import { setSiteDomain } from './steps/site-domain.ts';
import { compileTranslations } from './steps/translations.ts';
import { installAdditions, installPythonFiles, installRequirements, makeVirtualenv } from './steps/virtualenv.ts';

/** How a release is made: what can fail without a trace comes before what touches the database. */
export const buildSteps: readonly Step<BuildContext>[] = [
  providePython,
  exportCode,
  layOwnFiles,
  makeVirtualenv,
  installRequirements,
  installAdditions,
  buildFrontEnds,
  compileTranslations,
  sealCode,
  installPythonFiles,
  askDjango,
  writeOverlay,
  // Django's checks and its look at the migrations run meanwhile, in the process that the overlay's step has started.
  collectStatic,
  checkProject,
  makeMigrations,
  reviewMigrations,
  makeExtensions,
  // Up to here everything runs as the build's user, and from here on nothing does.
  handOver,
  keepData,
  compressStatic,
  carryStatic,
  snapshotDatabase,
  migrate,
  createCacheTable,
  setSiteDomain,
  releaseCommands,
  writeRecord,
];

/**
 * Builds a release into `releases/ID` and returns its record. The data services must be running. Nothing that is live is
 * touched, except by what migrations do to the database; on failure the new folder is removed and the problem thrown. May be
 * killed at any point: what it leaves has no `release.json`, and the next build removes it. One build per site at a time.
 */
export async function buildRelease(input: BuildInput, surroundings: BuildSurroundings): Promise<ReleaseRecord> {
  const { releases } = input.place.folders;
  await ensureFolder(releases, { mode: 0o711 });
  const { build } = input.place.users;
  // What a build that was killed has left running would go on changing what is tidied up, and what is made now.
  if (build) await endUser(build);
  await saveVirtualenv(releases, input.place.folders.site);
  await tidyReleases(releases);
  const id = await freeId(releases, releaseId(surroundings.now(), input.blueprint.source.revision));
  const context = buildContext(input, surroundings, id);
  const report = {
    job: surroundings.job,
    site: input.place.site,
    emit: surroundings.emit,
    log: context.log,
    signal: surroundings.signal,
  };
  const tmp = buildTmp(input.place.folders.site);
  try {
    await removeTree(tmp);
    await runSteps(buildSteps, context, report);
    await removeTree(spareVirtualenv(input.place.folders.site));
    return required(context, 'record');
  } finally {
    await removeTree(tmp);
  }
}

/** What the steps of a build are given, before the first has run. */
export function buildContext(input: BuildInput, surroundings: BuildSurroundings, id: string): BuildContext {
  const { place, blueprint } = input;
  const { site, build } = place.users;
  return {
    ...input,
    surroundings,
    id,
    began: performance.now(),
    log: surroundings.log ?? posix.join(place.folders.logs, `build-${id}.log`),
    paths: releasePaths(place.folders.releases, id, blueprint.facts.root.value),
    builder: build,
    runner: site,
    sealed: site && { uid: 0, gid: site.gid },
    state: {},
  };
}

/** Hash of Roadie's own Python files, for the fingerprint: a new overlay needs a new release. */
export async function pythonFilesHash(): Promise<string> {
  const files = (await listFolder(pythonFolder)).filter((name) => /\.(?:py|pth)$/.test(name));
  return (await hashFiles(pythonFolder, files)).hash;
}

async function freeId(releases: string, id: string): Promise<string> {
  if (!(await exists(posix.join(releases, id)))) return id;
  for (let number = 2; ; number += 1) {
    const next = `${id}-${number}`;
    if (!(await exists(posix.join(releases, next)))) return next;
  }
}
