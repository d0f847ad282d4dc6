import { posix } from 'node:path';

/** As Python says that it may not write, or that the folder is read-only. Source: errno 13 and 30. */
const denied = /^(?:PermissionError|OSError): \[Errno (?:13|30)\] [^:]{1,60}: '([^'\\]{1,300})'/;

/** More would be the work of somebody who fills the log. */
const most = 10;

/**
 * What a site has tried to write in the code of a release, from the lines of its logs: paths relative to the code, each once. Lines
 * are whatever the site says; only what such a message names can come out. `releases` is absolute.
 */
export function deniedWrites(lines: readonly string[], releases: string): readonly string[] {
  const found = new Set<string>();
  for (const line of lines) {
    const [release, below, ...names] = posix.relative(releases, denied.exec(line.trim())?.[1] ?? releases).split('/');
    if (release === undefined || below !== 'code' || names.length === 0 || release === '..') continue;
    found.add(names.join('/'));
    if (found.size >= most) break;
  }
  return [...found];
}
