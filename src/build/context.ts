import { posix } from 'node:path';

import type { ReleaseRecord } from '../sites/record.ts';
import { recordPath } from '../sites/releases.ts';
import type { Override, Probe } from '../django/facts.ts';
import type { KeptPath } from '../django/kept-paths.ts';
import type { Ownership } from '../services/ownership.ts';
import type { RunAs } from '../services/service.ts';
import type { InstallPlan } from './dependencies.ts';
import type { BuildSurroundings, BuildInput } from './input.ts';
import type { Questions } from './questions.ts';
import type { Served } from './served.ts';

/** Where everything of one release lies. Absolute. */
export type ReleasePaths = {
  readonly folder: string;
  readonly code: string;
  /** The folder with manage.py. */
  readonly root: string;
  readonly virtualenv: string;
  readonly bin: string;
  readonly python: string;
  readonly static: string;
  /** Holds the hash of what the static files were made from, where that can be told. */
  readonly staticSources: string;
  readonly overlay: string;
  /** Written last: a release without it was never finished. */
  readonly record: string;
  /** What uv and pip are handed (translated locks), root's; gone at the end. */
  readonly work: string;
  /** Holds the virtualenv's fingerprint once it is complete. */
  readonly stamp: string;
};

/** All paths of a release by its folder and the project's root in its code. */
export function releasePaths(releases: string, id: string, root: string): ReleasePaths {
  const folder = posix.join(releases, id);
  const virtualenv = posix.join(folder, 'venv');
  return {
    folder,
    code: posix.join(folder, 'code'),
    root: posix.join(folder, 'code', root),
    virtualenv,
    bin: posix.join(virtualenv, 'bin'),
    python: posix.join(virtualenv, 'bin', 'python'),
    static: posix.join(folder, 'static'),
    staticSources: posix.join(folder, 'static-sources.txt'),
    overlay: posix.join(folder, 'overlay.json'),
    record: recordPath(releases, id),
    work: posix.join(folder, 'work'),
    stamp: posix.join(virtualenv, '.roadie'),
  };
}

/** A variable that names a folder of the site's data: `path` below its files. */
export type NamedFolder = { readonly variable: string; readonly path: string; readonly because: string };

/** What the steps find out for those after them. */
export type BuildState = {
  install?: InstallPlan;
  virtualenvFingerprint?: string;
  /** Which program installs: uv where there is one. */
  installer?: { readonly kind: 'uv'; readonly path: string } | { readonly kind: 'pip' };
  /** The virtualenv was taken over from another release. */
  reused?: boolean;
  /** Absolute folders with Node and the programs of a front end's packages, for what Django runs of them while it builds. */
  nodePath?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Variables that something stands for until it is known that only the owner knows them. */
  placeholders?: readonly string[];
  /** Variables that name a folder of the site's data, which a build must not write in. */
  folders?: readonly NamedFolder[];
  /** The settings as they are without any override. */
  settings?: Probe;
  probe?: Probe;
  /** What of the code the project writes: kept in the site's data. */
  kept?: readonly KeptPath[];
  /** The process that Django's answers come from. */
  questions?: Questions;
  overrides?: readonly Override[];
  /** What the edge may serve; static files only once there are any. */
  served?: { readonly static: Served | null; readonly media: Served | null };
  static?: ReleaseRecord['static'];
  migrations?: NonNullable<ReleaseRecord['migrations']>;
  /** The database as it was before this release's migrations, and what puts it back. */
  snapshot?: { readonly file: string; readonly restore: string };
  /** `migrate` would change nothing. */
  migrated?: boolean;
  /** The static files were taken over from the live release, compressed ones and all. */
  staticReused?: boolean;
  /** Hashes of the fixtures that this release or one before it has loaded. */
  fixtures?: readonly string[];
  record?: ReleaseRecord;
};

/** What every step of a build is given. */
export type BuildContext = BuildInput & {
  readonly surroundings: BuildSurroundings;
  readonly id: string;
  /** When the build began, as `performance.now()` says it. */
  readonly began: number;
  readonly paths: ReleasePaths;
  /** Absolute path of the build's log. */
  readonly log: string;
  /** Who builds, until the release is handed over; absent without root. */
  readonly builder: RunAs | undefined;
  /** Who runs what is live, and what changes its database; absent without root. */
  readonly runner: RunAs | undefined;
  /** Who owns what is finished: root, with the site's group for what the site reads. */
  readonly sealed: Ownership | undefined;
  readonly state: BuildState;
};

/** What a command of the build's user is given. */
export type BuilderContext = Pick<BuildContext, 'place' | 'log' | 'builder'> & {
  readonly python: Pick<BuildContext['python'], 'path'>;
  readonly surroundings: Pick<BuildSurroundings, 'network' | 'signal' | 'confiner'>;
  /** `folder`: all that it may write in, besides a folder of its own. */
  readonly paths: Pick<ReleasePaths, 'folder' | 'code'>;
};

/** The value that an earlier step left; its absence is a mistake in the order of steps. */
export function required<Key extends keyof BuildState>(context: BuildContext, key: Key): NonNullable<BuildState[Key]> {
  const value = context.state[key];
  if (value === undefined) throw new Error(`The step that sets ${key} has not run`);
  return value;
}

/** Niceness of all that builds: visitors come first. */
export const buildNice = 10;
