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
      if (current.fingerprint === wanted.fingerprint) return { id, state: 'same' };
      const sameBuild = buildHalf(current.fingerprint) === buildHalf(wanted.fingerprint);
      const how = sameBuild ? 'its variables have changed' : 'the code, or what it is built with, has changed';
      return { id, state: 'different', how };
    });
  },

  async apply(resources, door) {
    for (const resource of resources) await door.buildRelease(resource);
  },
};

/** A release's fingerprint is `BUILD.ENVIRONMENT`. */
function buildHalf(fingerprint: string): string {
  return fingerprint.split('.')[0] ?? '';
}
