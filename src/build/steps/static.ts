import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describeFile, ensureFolder, readText, writeAtomically } from '../../machine/files/files.ts';
import { runTied } from '../../machine/processes/tied.ts';
import { linkTree, listFolder, removeTree } from '../../machine/files/tree.ts';
import { bareEnvironment } from '../../machine/processes/run.ts';
import { usableCores } from '../../machine/system.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, buildNice, releasePaths, required } from '../context.ts';
import { isReleaseId } from '../../sites/releases.ts';
import { secondsForCompressing } from '../compressible.ts';
import { compareFingerprints } from '../fingerprint.ts';
import { inRelease, lastLines, manage, pythonError } from '../manage.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import type { Step } from '../step.ts';
import { prepareStatic } from './static-commands.ts';
import { compressesNothing, missingStatic } from '../static-words.ts';

const compressProgram = fileURLToPath(new URL('../../entry/compress.ts', import.meta.url));

export const collectStatic: Step<BuildContext> = {
  name: 'static',
  title: 'Collect static files',
  async run(context) {
    const { paths, state } = context;
    const probe = required(context, 'probe');
    if (!probe.installedApps.includes('django.contrib.staticfiles')) {
      state.static = null;
      return { skipped: 'django.contrib.staticfiles is not installed' };
    }
    const url = required(context, 'served').static?.url ?? null;
    const folder = (probe.staticRoot ?? paths.static).replace(/(?<=.)\/$/, '');
    const sources = await required(context, 'questions').staticSources();
    if (sources !== undefined && folder === paths.static)
      await writeAtomically(paths.staticSources, `${sources}\n`, { mode: 0o600 });
    const taken = await takeOver(context, folder, url, sources);
    if (taken !== undefined) return taken;
    await prepareStatic(context);
    await compileSass(context);
    const result = await manage(context, ['collectstatic', '--noinput'], { timeoutSeconds: collectSeconds });
    if (result.timedOut) throw new ProblemError(tooSlow(context));
    if (result.code !== 0) throw new ProblemError(staticProblem(result.stderr, context));
    await compressOffline(context);
    const collected = (await listFolder(folder)).length > 0;
    state.static = url !== null && collected ? { url, folder } : null;
    const count = /(\d+) static files? copied/.exec(result.stdout)?.[1];
    return count === undefined ? undefined : { detail: `${count} files` };
  },
};

/** django-sass-processor compiles nothing while DEBUG is off: its pages name style sheets that only its command makes. */
async function compileSass(context: BuildContext): Promise<void> {
  const probe = required(context, 'probe');
  if (!probe.installedApps.includes('sass_processor') || !probe.commands.includes('compilescss')) return;
  // Into STATIC_ROOT: beside their sources, as it would be usual, lies the code, which is sealed.
  const input = (await readText(posix.join(pythonFolder, 'compile_scss.py'))) ?? '';
  const result = await inRelease(context, [context.paths.python, '-'], { input, timeoutSeconds: 1200 });
  if (result.code === 0) return;
  throw new ProblemError({
    code: 'static-failed',
    summary: `django-sass-processor's \`compilescss\` failed: ${pythonError(result.stderr, 1)}`,
    detail: lastLines(result.stderr, 12),
    cure: ['Fix the style sheet or the template that the message names.', `The whole output: ${context.log}`],
  });
}

/**
 * django-compressor with COMPRESS_OFFLINE: its pages answer 500 until `compress` has written their scripts and styles. The command
 * itself knows whether the settings ask for it.
 */
async function compressOffline(context: BuildContext): Promise<void> {
  const probe = required(context, 'probe');
  if (!probe.installedApps.includes('compressor') || !probe.commands.includes('compress')) return;
  const result = await manage(context, ['compress'], { timeoutSeconds: 1200 });
  if (result.code === 0 || compressesNothing(result.stderr)) return;
  throw new ProblemError({
    code: 'static-failed',
    summary: `django-compressor's \`compress\` failed: ${pythonError(result.stderr, 1)}`,
    detail: lastLines(result.stderr, 12),
    cure: [
      'Fix the template or the file that the message names; without COMPRESS_OFFLINE nothing is compressed beforehand.',
      `The whole output: ${context.log}`,
    ],
  });
}

/** With equal sources and settings, or all of the code equal, the live release's files are the ones that would be collected. */
async function takeOver(
  context: BuildContext,
  folder: string,
  url: string | null,
  sources: string | undefined,
): Promise<{ readonly skipped: string } | undefined> {
  const { previous, paths, state } = context;
  if (!previous || folder !== paths.static) return undefined;
  const probe = required(context, 'probe');
  const earlier = releasePaths(context.place.folders.releases, previous.id, '.');
  const equalSources = sources !== undefined && (await readText(earlier.staticSources))?.trim() === sources;
  const equalCode =
    compareFingerprints(previous.fingerprint, context.fingerprint) !== 'build' &&
    JSON.stringify(previous.own) === JSON.stringify(context.blueprint.ownFiles) &&
    previous.probe.staticStorage === probe.staticStorage &&
    previous.probe.staticUrl === probe.staticUrl;
  if (!equalSources && !equalCode) return undefined;
  const before = earlier.static;
  if (previous.static?.folder !== before || (await describeFile(before))?.kind !== 'folder') return undefined;
  await removeTree(paths.static);
  if (!(await linkTree(before, paths.static))) {
    await ensureFolder(paths.static, {
      mode: 0o755,
      ownership: context.builder && { uid: context.builder.uid, gid: context.builder.gid },
    });
    return undefined;
  }
  state.static = url === null ? null : { url, folder };
  state.staticReused = true;
  return { skipped: `They are those of ${previous.id}, which are used again` };
}

export const compressStatic: Step<BuildContext> = {
  name: 'compress',
  title: 'Compress static files',
  async run(context) {
    const { paths, state } = context;
    if (state.staticReused === true) return { skipped: 'They are compressed' };
    if (state.static?.folder !== paths.static) return { skipped: 'There are none in the release' };
    const cores = await usableCores();
    const seconds = secondsForCompressing((performance.now() - context.began) / 1000);
    const words = [String(cores), String(Math.round(seconds)), paths.static, ...(await compressedBefore(context))];
    // A process of its own: a build's memory and time are not the job's, and can be ended.
    const result = await runTied([process.execPath, compressProgram, ...words], {
      log: context.log,
      nice: buildNice,
      timeoutSeconds: 1200,
      environment: { ...bareEnvironment, UV_THREADPOOL_SIZE: String(cores + 2) },
      onOutput: tellProgress(context),
      ...(context.surroundings.signal && { signal: context.surroundings.signal }),
    });
    if (result.code === 0) return { detail: result.stdout.trim().split('\n').at(-1) ?? '' };
    throw new ProblemError({
      code: 'static-failed',
      summary: 'The static files could not be compressed',
      detail: lastLines(result.stderr, 6),
      cure: ['Free some disk space, then run the same command again.', `The whole output: ${context.log}`],
    });
  },
};

/** The compressed static files of other releases, those of the live one first: a release that failed at the gate has some as well. */
async function compressedBefore({ previous, place, paths }: BuildContext): Promise<readonly string[]> {
  const { releases } = place.folders;
  const finished = (await listFolder(releases)).filter(isReleaseId).toReversed();
  const ids = [...new Set([...(previous ? [previous.id] : []), ...finished])].slice(0, mostEarlier);
  return ids.map((id) => releasePaths(releases, id, '.').static).filter((folder) => folder !== paths.static);
}

/** Releases whose files are looked at, since each is read. */
const mostEarlier = 3;

/** Says how far it has come, where it takes long. */
function tellProgress({ place, surroundings }: BuildContext): (chunk: Buffer) => void {
  return (chunk) => {
    const [, done, all] = /^(\d+) of (\d+) files$/m.exec(chunk.toString('utf8')) ?? [];
    if (done === undefined || all === undefined) return;
    const text = `${done} of ${all} static files are compressed`;
    surroundings.emit({ type: 'note', level: 'info', site: place.site, text });
  };
}

/** How long static files may be collected. */
const collectSeconds = 1200;

function tooSlow({ log }: BuildContext): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'static-failed',
    summary: `collectstatic was not done after ${collectSeconds / 60} minutes`,
    cure: [
      'Look at what STATICFILES_DIRS brings in: a whole node_modules has tens of thousands of files, most of which no page asks for.',
      `The whole output: ${log}`,
    ],
  };
}

function staticProblem(stderr: string, context: BuildContext): ConstructorParameters<typeof ProblemError>[0] {
  const { missing, from } = missingStatic(stderr);
  return {
    code: 'static-failed',
    summary:
      missing === undefined
        ? 'collectstatic failed'
        : `collectstatic failed: ${missing} is referred to${from === undefined ? '' : ` in ${from}`} and is not there`,
    detail: pythonError(stderr),
    cure: [
      missing === undefined
        ? 'Fix what Django names, then run the same command again.'
        : 'Add the file, or take the reference to it out.',
      `The whole output: ${context.log}`,
    ],
  };
}
