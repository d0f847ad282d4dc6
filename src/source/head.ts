import type { Follow } from '../sites/record.ts';
import { must } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';
import { type AccessPlaces, withAccess } from './access.ts';
import { parseAddress } from './address.ts';
import { ownerAsUser } from './folder.ts';
import { type Asked, askRemote } from './remote.ts';

/** An answer is a few kilobytes: a host that takes longer is not well. Seconds. */
const patience = 30;

/** Asks where a followed repository stands; nothing is fetched. Throws `source-missing` and `source-refused`. */
export async function headOf(follow: Follow, buildUser: RunAs | undefined, places: AccessPlaces): Promise<Asked> {
  const { repository: url, ref, onlyStatus: tag } = follow;
  const address = must(parseAddress(url));
  const local = address.kind === 'git' ? address.local : address.path;
  const user = local === undefined ? buildUser : await ownerAsUser(local);
  return withAccess(places, { url, user }, (access) =>
    askRemote({ url, ref, tag, who: user?.name }, { directory: '/', user, access, timeoutSeconds: patience }),
  );
}
