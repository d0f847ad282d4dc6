import { exists } from '../../machine/files.ts';
import type { Kind } from './door.ts';

/** Releases: one is the same where it was made from the same and is still there. Building is handed in. */
export const releaseKind: Kind<'release'> = {
  async observe(resources, door) {
    const current = await door.currentRelease();
    const present = current !== undefined && (await exists(current.folder));
    return resources.map(({ id, wanted }) => {
      if (!current) return { id, state: 'absent' };
      if (!present) return { id, state: 'different', how: `${current.folder} is gone` };
      return current.fingerprint === wanted.fingerprint
        ? { id, state: 'same' }
        : { id, state: 'different', how: 'the code, or what it is built with, has changed' };
    });
  },

  async apply(resources, door) {
    for (const resource of resources) await door.buildRelease(resource);
  },
};
