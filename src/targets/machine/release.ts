import type { ReleaseRecord } from '../../sites/record.ts';
import { exists } from '../../machine/files/files.ts';
import type { Kind } from './door.ts';

/** Releases: one is the same where it was made from the same and is still there. Building is handed in. */
export const releaseKind: Kind<'release'> = {
  async observe(resources, door) {
    const current = await door.currentRelease();
    const gone = current && (await missing(current));
    return resources.map(({ id, wanted }) => {
      if (!current) return { id, state: 'absent' };
      if (gone !== undefined) return { id, state: 'different', how: `${gone} is gone` };
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

/** The first of what a release cannot run without that is not there; its virtualenv only links to its interpreter. */
async function missing({ folder, python }: ReleaseRecord): Promise<string | undefined> {
  for (const path of [folder, python]) if (!(await exists(path))) return path;
  return undefined;
}

/** A release's fingerprint is `BUILD.ENVIRONMENT`. */
function buildHalf(fingerprint: string): string {
  return fingerprint.split('.')[0] ?? '';
}
