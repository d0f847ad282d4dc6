import type { Problem } from '../problems/problem.ts';
import { conflictIn } from './conflict.ts';
import { asOfCure } from './drifted.ts';

/** What a failed build says → the Debian packages that cure it. From the packages' own build instructions. */
const systemPackages: readonly { readonly says: RegExp; readonly packages: string }[] = [
  { says: /pg_config executable not found|pg_config.*not found|libpq-fe\.h/i, packages: 'libpq-dev' },
  {
    says: /mysql_config|mysqlclient.*(?:pkg-config|MYSQLCLIENT_CFLAGS)|MYSQLCLIENT_CFLAGS|mysql\.h/i,
    packages: 'default-libmysqlclient-dev pkg-config',
  },
  { says: /Python\.h: No such file/i, packages: 'python3-dev' },
  { says: /ffi\.h: No such file/i, packages: 'libffi-dev' },
  { says: /xml2-config|xslt-config|libxml\/\S+: No such file/i, packages: 'libxml2-dev libxslt1-dev' },
  {
    says: /headers or library files could not be found for (?:jpeg|zlib)|jpeglib\.h|RequiredDependencyException: (?:jpeg|zlib)/i,
    packages: 'libjpeg-dev zlib1g-dev',
  },
  { says: /(?:lber|ldap|sasl)\.h: No such file/i, packages: 'libldap2-dev libsasl2-dev' },
  { says: /gdal-config|GDAL_CONFIG/i, packages: 'libgdal-dev' },
  { says: /curl-config/i, packages: 'libcurl4-openssl-dev libssl-dev' },
  { says: /xmlsec1? (?:is not installed|.*not found)|xmlsec1/i, packages: 'libxmlsec1-dev pkg-config' },
  { says: /cairo\.h|cairo.*not found.*pkg-config/i, packages: 'libcairo2-dev pkg-config' },
  { says: /openssl\/\S+\.h: No such file/i, packages: 'libssl-dev' },
  { says: /can't find Rust compiler|rustc.*not found|cargo.*not (?:found|installed)/i, packages: 'cargo' },
  {
    says: /command '?(?:x86_64-linux-gnu-|aarch64-linux-gnu-)?(?:gcc|cc|g\+\+|clang)'? failed: No such file|unable to execute '?\S*(?:gcc|cc)'?: No such file|No such file or directory: '?(?:gcc|cc|c\+\+|make)/i,
    packages: 'build-essential python3-dev',
  },
  { says: /Git executable not found|No such file or directory: 'git'/i, packages: 'git' },
];

/** Lines of uv and pip that tell of progress, not of the failure. */
const progress =
  /^\s*(?:Using (?:Python|CPython)|Resolved \d|Prepared \d|Installed \d|Uninstalled \d|Downloading |Downloaded |Building |Built |Collecting |Using cached |Looking in |Requirement already|\[notice\]|warning: Failed to hardlink|Bytecode compiled)/;

/** At most this many lines of a tool's words are shown; the log has them all. */
const shown = 24;

/** What uv or pip says of a failure, without progress; of a long build log the beginning and the end, where the reason stands. */
export function trimResolverWords(output: string): string {
  const lines = output
    // oxlint-disable-next-line no-control-regex -- colours are what is removed
    .replace(/\u001b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !progress.test(line));
  if (lines.length <= shown) return lines.join('\n');
  return [...lines.slice(0, 6), '  …', ...lines.slice(-(shown - 7))].join('\n');
}

/** The problem that an installer's failure is, with the cure that its words call for. */
export function dependencyProblem(
  output: string,
  context: {
    readonly what: string;
    readonly python: string;
    readonly log: string;
    readonly timedOut?: boolean;
    /** The day of the commit, where the requirements could be resolved as they were then: `2024-05-31`. */
    readonly committed?: string | undefined;
    /** The day as of which they were resolved. */
    readonly asOf?: string | undefined;
  },
): Problem {
  const conflict = conflictIn(output);
  const packages = [
    ...new Set(systemPackages.filter(({ says }) => says.test(output)).flatMap(({ packages }) => packages.split(' '))),
  ];
  const cures: string[] = [];
  if (packages.length > 0)
    cures.push(
      `Add ${packages.length === 1 ? 'this line' : 'these lines'} to a file named Aptfile beside manage.py: ${packages.join(', ')}`,
      `$ apt-get install ${packages.join(' ')}`,
    );
  if (
    /dns error|error sending request|Could not connect|Failed to fetch|Connection (?:refused|reset|timed out)|Temporary failure in name resolution|UnknownIssuer|CERTIFICATE_VERIFY_FAILED/i.test(
      output,
    )
  )
    cures.push(
      'Check that this machine reaches the package index (proxy, certificates, DNS), then run the same command again.',
    );
  if (/Requires-Python|requires Python|Python\s*[<>=]=?\s*3|current Python version/i.test(output))
    cures.push(`The virtualenv uses Python ${context.python}: install another one or change the requirement.`);
  if (/No space left on device/i.test(output)) cures.push('Free some disk space.');
  if (/hash(?:es)? (?:mismatch|do not match)|--require-hashes|THESE PACKAGES DO NOT MATCH/i.test(output))
    cures.push('Make the lock or the hashes again: a file of the index has changed or is missing from them.');
  // What the cure of the conflict itself is stands before it.
  if (conflict) cures.push('Change one of the two, and try them in a fresh virtualenv.');
  if (context.asOf !== undefined && /upload[- ](?:date|time)/i.test(output))
    cures.push(
      'The package index does not say when its files were uploaded, so nothing can be resolved as of a day: use one that does (PyPI does), or take `requirements_as_of` out again.',
    );
  else if (conflict && context.asOf === undefined && context.committed !== undefined)
    cures.push(asOfCure(context.committed));
  if (!conflict) cures.push('Change the requirement that is named above, and try it in a fresh virtualenv.');
  cures.push(`The whole output: ${context.log}`);
  const [first = '', ...rest] = cures;
  return {
    code: 'dependencies-unresolvable',
    summary:
      context.timedOut === true
        ? `${context.what} took too long and was ended`
        : conflict
          ? `${conflict.one} and ${conflict.other} do not go together`
          : `${context.what} cannot be installed with Python ${context.python}`,
    detail: trimResolverWords(output),
    cure: [first, ...rest],
  };
}
