import { compareVersions, parseVersion, satisfies } from '../django/versions.ts';
import { failed, ok, type Result } from '../problems/problem.ts';

/** An interpreter on this machine. `shared`: every user may run it, so it is not in somebody's home. */
export type FoundPython = { readonly path: string; readonly version: string; readonly shared: boolean };

/** The oldest Python that Roadie's own files in a virtualenv run on. */
const oldest = [3, 8] as const;

/** Series that uv offers to install, newest first; what a range is matched against where nothing installed fits. */
const known = ['3.14', '3.13', '3.12', '3.11', '3.10', '3.9', '3.8'] as const;

/**
 * Chooses the interpreter for a project. `requires` is law; `preferred` is taken where it is there (that very version, else
 * its series); otherwise the distribution's own, which gets security updates, else the first of `found` that fits.
 * Problems: `python-unsupported` (no Python that Roadie knows can satisfy the range), `no-python`.
 */
export function choosePython(
  wanted: { readonly requires: string; readonly preferred?: string },
  found: readonly FoundPython[],
): Result<FoundPython> {
  const fits = found.filter(
    ({ version, shared }) =>
      shared &&
      compareVersions(parseVersion(version), oldest) >= 0 &&
      satisfies(parseVersion(version), wanted.requires),
  );
  const exact = fits.find(({ version }) => version === wanted.preferred);
  const series = wanted.preferred === undefined ? undefined : parseVersion(wanted.preferred).slice(0, 2).join('.');
  const near = fits.find(({ version }) => version.split('.').slice(0, 2).join('.') === series);
  const own = fits.find(({ path }) => path.startsWith('/usr/bin/'));
  const chosen = exact ?? near ?? own ?? fits[0];
  if (chosen) return ok(chosen);
  const range = wanted.requires === '' ? '3.8 or newer' : wanted.requires;
  const installable = seriesToInstall(wanted);
  if (installable === undefined) {
    return failed({
      code: 'python-unsupported',
      summary: `The project needs Python ${range}; Roadie supports Python 3.8 to ${known[0]}`,
      cure: [
        "Update the project's requirement (requires-python, .python-version, runtime.txt or Pipfile) after trying it on a newer Python.",
      ],
    });
  }
  const here = found.map(
    ({ path, version, shared }) => `${path} is ${version}${shared ? '' : ' (only its owner may run it)'}`,
  );
  return failed({
    code: 'no-python',
    summary: `The project needs Python ${range}, and there is none on this machine`,
    ...(here.length > 0 && { detail: here.join('\n') }),
    cure: [
      `Install Python ${installable} for all users, e.g. from the distribution: \`apt-get install python${installable} python${installable}-venv\`.`,
      `$ uv python install ${installable} --install-dir /usr/local/share/python`,
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
  const preferred = wanted.preferred === undefined ? undefined : parseVersion(wanted.preferred).slice(0, 2).join('.');
  return allowed.find((series) => series === preferred) ?? allowed[0];
}
