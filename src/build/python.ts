import { posix } from 'node:path';

import type { Evidence, Facts } from '../django/facts.ts';
import { compareVersions, parseVersion, satisfies } from '../django/read/versions.ts';
import { failed, ok, type Result } from '../problems/problem.ts';

/** An interpreter on this machine. `shared`: every user may run it, so it is not in somebody's home. */
export type FoundPython = {
  readonly path: string;
  readonly version: string;
  readonly shared: boolean;
  /** Absolute folder of the installation that it belongs to. */
  readonly prefix: string;
};

/** What has to be done before a chosen interpreter is there. */
export type PythonProvision =
  /** The installation at the absolute path `from` is copied whole. */
  | { readonly kind: 'copy'; readonly from: string }
  /** uv downloads the newest version of a series (`3.13`). */
  | { readonly kind: 'download'; readonly series: string };

/** The interpreter that a release is to be built with. */
export type ChosenPython = {
  /** Absolute path; the same before it was provided and on every later run. */
  readonly path: string;
  /** `3.13.0`; only the series (`3.13`) while nobody has downloaded it. */
  readonly version: string;
  readonly provide?: PythonProvision;
};

/** Circumstances of a choice. */
export type PythonSurroundings = {
  readonly found: readonly FoundPython[];
  /** Absolute folder of the interpreters that Roadie provides. */
  readonly pythons: string;
  /** Path of the interpreter that the site has now: it is not changed for another that is no better. */
  readonly current?: string | undefined;
};

/** The oldest Python that Roadie's own files in a virtualenv run on. */
const oldest = [3, 8] as const;

/** Series that uv offers to install, newest first; what a range is matched against where nothing installed fits. */
const known = ['3.14', '3.13', '3.12', '3.11', '3.10', '3.9', '3.8'] as const;

/**
 * Chooses the interpreter for a project. `requires` is law. Of those that fit: first the series of `preferred`, then those that
 * all users may run, then the very version of `preferred`, then the distribution's own (it gets security updates), then the one
 * in use, then the order of `found`. One that only its owner may run is copied; where none fits, uv is to download one.
 * Problem: `python-unsupported` (no Python that Roadie knows can satisfy the range).
 */
export function choosePython(
  wanted: { readonly requires: string; readonly preferred?: string },
  { found, pythons, current }: PythonSurroundings,
): Result<ChosenPython> {
  const series = wanted.preferred === undefined ? undefined : seriesOf(wanted.preferred);
  const merits = (python: FoundPython): readonly boolean[] => [
    seriesOf(python.version) === series,
    python.shared,
    python.version === wanted.preferred,
    python.path.startsWith('/usr/bin/'),
    python.path === current,
  ];
  const [best] = found
    .filter(
      (python) =>
        (python.shared || canBeCopied(python)) &&
        compareVersions(parseVersion(python.version), oldest) >= 0 &&
        satisfies(parseVersion(python.version), wanted.requires),
    )
    .toSorted((one, other) => compareMerits(merits(one), merits(other)));
  if (best) return ok(best.shared ? { path: best.path, version: best.version } : copyOf(best, pythons));
  const installable = seriesToInstall(wanted);
  if (installable !== undefined)
    return ok({
      path: programIn(posix.join(pythons, installable), installable),
      version: installable,
      provide: { kind: 'download', series: installable },
    });
  return failed({
    code: 'python-unsupported',
    summary: `The project needs Python ${wanted.requires}; Roadie supports Python 3.8 to ${known[0]}`,
    cure: [
      "Update the project's requirement (requires-python, .python-version, runtime.txt or Pipfile) after trying it on a newer Python.",
    ],
  });
}

/** The series to install where nothing fits: the preferred one if the range allows it, else the newest that it allows. */
export function seriesToInstall(wanted: {
  readonly requires: string;
  readonly preferred?: string;
}): string | undefined {
  const allowed = known.filter((series) =>
    [0, 5, 30].some((patch) => satisfies([...parseVersion(series), patch], wanted.requires)),
  );
  const preferred = wanted.preferred === undefined ? undefined : seriesOf(wanted.preferred);
  return allowed.find((series) => series === preferred) ?? allowed[0];
}

/** `3.13` of `3.13.0`: releases of one series run the same compiled code, so a virtualenv outlives a patch of its interpreter. */
export function seriesOf(version: string): string {
  return parseVersion(version).slice(0, 2).join('.');
}

/** For people, with where it comes from: `Python 3.13.0, copied from /root/.pyenv/versions/3.13.0, since …`. */
export function tellPython({ path, version, provide }: ChosenPython): string {
  switch (provide?.kind) {
    case 'copy':
      return `Python ${version}, copied from ${provide.from}, since only its owner may run that one`;
    case 'download':
      return `Python ${version}, downloaded by uv, since none on this machine fits`;
    case undefined:
      return `Python ${version} (${path})`;
  }
}

/**
 * For the owner, where another series is taken than the one that the project names: it was tried with that. `wanted` is the fact,
 * with the place where it says so. Undefined where it is the one.
 */
export function otherPythonNote(wanted: Facts['python'], chosen: ChosenPython): Evidence | undefined {
  const { preferred, preferredBecause: because = wanted.because } = wanted.value;
  if (preferred === undefined || seriesOf(preferred) === seriesOf(chosen.version)) return undefined;
  const series = seriesOf(preferred);
  const offer = known.some((each) => each === series)
    ? `write \`python = "${series}"\` into roadie.toml to have uv download it`
    : 'Roadie knows no way to get that one';
  return {
    ...because,
    says: `${because.says} is not on this machine: Python ${seriesOf(chosen.version)} is taken, which nothing in the project forbids; ${offer}`,
  };
}

/** Where the program lies in an installation. */
function programIn(prefix: string, version: string): string {
  return posix.join(prefix, 'bin', `python${seriesOf(version)}`);
}

function copyOf({ prefix, version }: FoundPython, pythons: string): ChosenPython {
  return {
    path: programIn(posix.join(pythons, version), version),
    version,
    provide: { kind: 'copy', from: prefix },
  };
}

/** Only what has a folder of its own: /usr and the like hold the whole system. */
function canBeCopied({ prefix }: FoundPython): boolean {
  return prefix.split('/').length > 2 && !/^\/(?:usr\/local|usr\/?)$/.test(prefix);
}

function compareMerits(one: readonly boolean[], other: readonly boolean[]): number {
  const index = one.findIndex((merit, place) => merit !== other[place]);
  return index === -1 ? 0 : one[index] === true ? -1 : 1;
}
