import { posix } from 'node:path';

import { exists } from '../machine/files/files.ts';
import { bareEnvironment, type RunResult } from '../machine/processes/run.ts';
import { runTied } from '../machine/processes/tied.ts';
import { confinedBuild, confinedRunner } from './confined.ts';
import { namedScratch } from './kept.ts';
import { buildNice, type BuildContext, required } from './context.ts';

/** Who runs a command of a release: the build's user as long as it is made, the site's for what changes the site's data. */
export type Runner = 'build' | 'site';

/** The environment of a Django process during a build: the site's, with what every program needs. */
function djangoEnvironment(
  context: BuildContext,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    PATH: `${context.paths.bin}:${bareEnvironment['PATH'] ?? ''}`,
    PYTHONUNBUFFERED: '1',
    VIRTUAL_ENV: context.paths.virtualenv,
    ...environment,
  };
}

/** Django's commands may run programs of a front end while it builds: compressors call `npx`. */
function buildPath({ paths, state }: BuildContext): { readonly PATH?: string } {
  return state.nodePath ? { PATH: [paths.bin, ...state.nodePath, bareEnvironment['PATH'] ?? ''].join(':') } : {};
}

/** A build has folders of its own where variables name some of the site's data. */
function foldersOfBuild(context: BuildContext): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (context.state.folders ?? []).map((folder) => [folder.variable, namedScratch(context, folder)]),
  );
}

/** Runs a management command of the release. */
export async function manage(
  context: BuildContext,
  command: readonly string[],
  options: {
    readonly as?: Runner;
    readonly environment?: Readonly<Record<string, string>>;
    readonly timeoutSeconds?: number;
  } = {},
): Promise<RunResult> {
  const entry = (await exists(posix.join(context.paths.root, 'manage.py'))) ? ['manage.py'] : ['-m', 'django'];
  return inRelease(context, [context.paths.python, ...entry, ...command], options);
}

/** Runs a command in the release's folder with manage.py, in the site's environment, as the build's user unless another is named. */
export function inRelease(
  context: BuildContext,
  command: readonly [string, ...string[]],
  options: {
    readonly as?: Runner;
    readonly environment?: Readonly<Record<string, string>>;
    readonly timeoutSeconds?: number;
    readonly input?: string;
    readonly signal?: AbortSignal;
    readonly onOutput?: (chunk: Buffer) => void;
  } = {},
): Promise<RunResult> {
  const { cache, build } = context.place.folders;
  const user = options.as === 'site' ? context.runner : context.builder;
  // Each has a home of its own: what is live must not find there what a build has left, nor the other way round.
  const environment = {
    ...bareEnvironment,
    HOME: options.as === 'site' || !context.builder ? cache : build,
    ...djangoEnvironment(context, required(context, 'environment')),
    ...(options.as !== 'site' && { ...buildPath(context), ...foldersOfBuild(context) }),
    ...options.environment,
  };
  return runTied(command, {
    directory: context.paths.root,
    environment,
    log: context.log,
    nice: buildNice,
    timeoutSeconds: options.timeoutSeconds ?? 600,
    ...(options.input !== undefined && { input: options.input }),
    ...(user && { user }),
    ...(options.as === 'site' ? confinedRunner(context) : confinedBuild(context)),
    ...(options.onOutput && { onOutput: options.onOutput }),
    ...signalOf(context.surroundings.signal, options.signal),
  });
}

function signalOf(...signals: readonly (AbortSignal | undefined)[]): { readonly signal?: AbortSignal } {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length === 0 ? {} : { signal: AbortSignal.any(given) };
}

/** The last lines of what a command printed, without empty ones. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}

/**
 * The error that a Python program ended with, without its traceback: from the last traceback's first line that is not
 * indented. Without a traceback the last lines. The log has it all.
 */
export function pythonError(stderr: string, count = 12): string {
  const lines = stderr.split('\n');
  const traceback = lines.findLastIndex((line) => line.startsWith('Traceback (most recent call last)'));
  const error = traceback < 0 ? -1 : lines.findIndex((line, index) => index > traceback && /^\S/.test(line));
  return error < 0 ? lastLines(stderr, 6) : lines.slice(error).join('\n').trim().split('\n').slice(0, count).join('\n');
}
