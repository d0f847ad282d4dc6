import { type Layout, mirrorsIn } from '../machine/layout.ts';
import { isRoot } from '../machine/system.ts';
import { fetchUserName } from '../machine/users/user-names.ts';
import { ensureSystemUser } from '../machine/users/users.ts';
import type { RunAs } from '../services/service.ts';

/**
 * Who asks repositories where they stand, for whatever site; absent without root. Not a build's user: while a build runs, its
 * code could take the deploy key that is lent for the question.
 */
export async function fetchUser({ base }: Pick<Layout, 'base'>): Promise<RunAs | undefined> {
  if (!isRoot()) return undefined;
  const { uid, gid, name } = await ensureSystemUser(fetchUserName(base), mirrorsIn(base));
  return { uid, gid, name };
}
