import { ensureSystemUser, lookupUsers } from '../../machine/users.ts';
import type { Kind } from './door.ts';

/** System users. They are never removed: files may still be theirs. */
export const userKind: Kind<'user'> = {
  async observe(resources) {
    const known = await lookupUsers(resources.map((resource) => resource.wanted.name));
    return resources.map(({ id, wanted }) => {
      const user = known.get(wanted.name);
      if (!user) return { id, state: 'absent' };
      return user.home === wanted.home
        ? { id, state: 'same' }
        : { id, state: 'different', how: `home ${user.home} should be ${wanted.home}` };
    });
  },

  async apply(resources, { log }) {
    for (const { wanted } of resources) await ensureSystemUser(wanted.name, wanted.home, log);
  },
};
