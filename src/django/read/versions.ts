/** A version as numbers: `[5, 2, 1]`. Pre-release letters end it. */
export type Version = readonly number[];

/** The numbers at the beginning of a version's text; empty where there are none. */
export function parseVersion(text: string): Version {
  const found = /^v?(\d+(?:\.\d+)*)/.exec(text.trim());
  return found?.[1]?.split('.').map(Number) ?? [];
}

/** Negative, zero or positive, as for sorting; missing numbers count as 0. */
export function compareVersions(left: Version, right: Version): number {
  for (let place = 0; place < Math.max(left.length, right.length); place += 1) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version is at least another, both as text. */
export function atLeast(version: string, least: string): boolean {
  return compareVersions(parseVersion(version), parseVersion(least)) >= 0;
}

/**
 * Whether a version satisfies a PEP 440 specifier set (`>=3.10,<4`, `~=3.11`, `==3.9.*`), or Poetry's `^` and `~`.
 * A part that cannot be read is taken to hold: it must not refuse a project.
 */
export function satisfies(version: Version, specifier: string): boolean {
  return specifier.split(',').every((part) => holds(version, part.trim()));
}

/** Whether some version of a series (`3.12`, whatever comes third) can satisfy a specifier set. */
export function seriesCanSatisfy(series: Version, specifier: string): boolean {
  return (
    [0, 3, 10, 30, 99].some((patch) => satisfies([...series, patch], specifier)) || exactlyInSeries(series, specifier)
  );
}

function exactlyInSeries(series: Version, specifier: string): boolean {
  return specifier.split(',').some((part) => {
    const found = /^={2,3}\s*([\d.]+)$/.exec(part.trim());
    return (
      found?.[1] !== undefined &&
      compareVersions(parseVersion(found[1]).slice(0, series.length), series) === 0 &&
      satisfies(parseVersion(found[1]), specifier)
    );
  });
}

function holds(version: Version, part: string): boolean {
  const found = /^(~=|===?|!=|<=|>=|<|>|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.\*|\.x)?/.exec(part);
  const [, operator = '==', text, wildcard] = found ?? [];
  if (text === undefined) return true;
  const wanted = parseVersion(text);
  const same = wildcard === undefined ? compareVersions(version, wanted) === 0 : inSeries(version, wanted);
  switch (operator) {
    case '==':
    case '===':
      return same;
    case '!=':
      return !same;
    case '<=':
      return compareVersions(version, wanted) <= 0;
    case '>=':
      return compareVersions(version, wanted) >= 0;
    case '<':
      return compareVersions(version, wanted) < 0;
    case '>':
      return compareVersions(version, wanted) > 0 && !inSeries(version, wanted);
    case '^':
      return compareVersions(version, wanted) >= 0 && inSeries(version, wanted.slice(0, 1));
    case '~':
      return compareVersions(version, wanted) >= 0 && inSeries(version, wanted.slice(0, Math.min(2, wanted.length)));
    default:
      return compareVersions(version, wanted) >= 0 && inSeries(version, wanted.slice(0, -1));
  }
}

function inSeries(version: Version, series: Version): boolean {
  return compareVersions(version.slice(0, series.length), series) === 0;
}
