import { createHash } from 'node:crypto';

import { standardBase } from '../layout.ts';

/** What useradd takes at most. */
const longest = 32;

/**
 * The system user of a site for one of its roles: `roadie-NAME` for what is live, `roadie-NAME_build`, `roadie-NAME_redis` …
 * No site's name has an underscore, so none of these is another site's. A name that is too long is cut, and a hash makes it
 * unique again. So does one in every name of a Roadie that keeps its things in another folder than the usual one: two Roadies
 * on a machine can have sites of the same name.
 */
export function systemUserName(base: string, site: string, role?: string): string {
  const ending = role === undefined ? '' : `_${role}`;
  const start = `roadie-${site}`;
  const room = longest - ending.length;
  if (base === standardBase && start.length <= room) return `${start}${ending}`;
  const unique = shortHash(base === standardBase ? site : `${base}\0${site}`);
  return `${start.slice(0, room - unique.length - 1)}-${unique}${ending}`;
}

/** The system user that reads repositories for no site in particular. No site's name begins with an underscore. */
export function fetchUserName(base: string): string {
  return `roadie-_fetch${baseMark(base)}`;
}

/** What tells the names of this Roadie's things on the machine from another's: nothing for the usual folder, else a mark of it. */
export function baseMark(base: string): string {
  return base === standardBase ? '' : `-${shortHash(base)}`;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
