import { ensureSystemUser, lookupUsers } from '../../machine/users/users.ts';
import type { Kind } from './host.ts';

/** System users. An `up` never removes one: files may still be theirs. */
export const userKind: Kind<'user'> = {
  async observe(resources) {
    const known = await lookupUsers(resources.map((resource) => resource.wanted.name));
    return resources.map(({ id, wanted }) => {
      const user = known.get(wanted.name);
      if (!user) return { id, state: 'absent' };
      return user.home === wanted.home
        ? { id, state: 'same' }
        : { id, state: 'different', how: `it is somebody else's: its home is ${user.home}` };
    });
  },

  async apply(resources, { log }) {
    for (const { wanted } of resources) await ensureSystemUser(wanted.name, wanted.home, log);
  },
};
