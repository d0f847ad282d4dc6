import { join } from 'node:path';

import { exists } from '../machine/files/files.ts';
import { type Layout, mirrorsIn, siteLayout } from '../machine/layout.ts';
import { ownerOnly, sealTree } from '../machine/files/seal.ts';
import { isRoot } from '../machine/system.ts';
import { moveTree, removeTree } from '../machine/files/tree.ts';
import { systemUserName } from '../machine/users/user-names.ts';
import { lookupUser } from '../machine/users/users.ts';
import type { RunAs } from '../services/service.ts';
import { parseAddress } from './address.ts';
import { fetchUser } from './fetch-user.ts';
import { mirrorOf, type SourceInput } from './source.ts';

type Places = Pick<Layout, 'base' | 'sites'>;

/** Where a repository is mirrored, and who fetches it. */
export type FetchPlace = Pick<SourceInput, 'checkouts' | 'buildUser'>;

/**
 * A site's repositories are fetched by the user of its builds into the site's own folder, so that no other site's can touch them.
 * Where there is no such site yet, by a user that does nothing else. Nobody fetches for a folder of this machine.
 */
export async function fetchPlace(layout: Places, source: string, site: string | undefined): Promise<FetchPlace> {
  const folder = site === undefined ? undefined : join(layout.sites, site);
  const known = folder !== undefined && (await exists(folder));
  const checkouts = mirrorsIn(known ? folder : layout.base);
  if (!isRoot() || !isElsewhere(source)) return { checkouts, buildUser: undefined };
  const own = known && site !== undefined ? await buildUserOf(layout, site) : undefined;
  return { checkouts, buildUser: own ?? (await fetchUser(layout)) };
}

/** A mirror that was made before there was the site becomes the site's own. */
export async function adoptMirror(layout: Places, source: string, site: string): Promise<void> {
  const address = parseAddress(source);
  if (!address.ok || address.value.kind !== 'git') return;
  const from = mirrorOf(mirrorsIn(layout.base), address.value.url);
  const to = mirrorOf(siteLayout(layout.sites, site).checkouts, address.value.url);
  if (!(await exists(from))) return;
  if (isRoot() && address.value.local === undefined) {
    const [before, after] = [await fetchUser(layout), await buildUserOf(layout, site)];
    if (!before || !after) return;
    sealTree(from, {
      from: [before.uid, after.uid],
      to: { uid: after.uid, gid: after.gid },
      modes: ownerOnly,
      leaveOthers: true,
    });
  }
  if (await exists(to)) await removeTree(from);
  else await moveTree(from, to);
}

/** Undefined where the site has none yet, or where one of that name is somebody else's. */
async function buildUserOf(layout: Places, site: string): Promise<RunAs | undefined> {
  const user = await lookupUser(systemUserName(layout.base, site, 'build'));
  return user?.home === join(layout.sites, site, 'build')
    ? { uid: user.uid, gid: user.gid, name: user.name }
    : undefined;
}

function isElsewhere(source: string): boolean {
  const address = parseAddress(source);
  return address.ok && address.value.kind === 'git' && address.value.local === undefined;
}
