import type { ReleaseRecord } from '../../sites/record.ts';
import { exists } from '../../machine/files/files.ts';
import { buildPart } from '../../build/fingerprint.ts';
import type { Kind } from './host.ts';

/** Releases: one is the same where it was made from the same and is still there. */
export const releaseKind: Kind<'release'> = {
  async observe(resources, host) {
    const current = await host.releases.current();
    const gone = current && (await missing(current));
    return resources.map(({ id, wanted }) => {
      if (!current) return { id, state: 'absent' };
      if (gone !== undefined) return { id, state: 'different', how: `${gone} is gone` };
      if (current.fingerprint === wanted.fingerprint) return { id, state: 'same' };
      const sameBuild = buildPart(current.fingerprint) === buildPart(wanted.fingerprint);
      const how = sameBuild
        ? 'its variables, or your own files, have changed'
        : 'the code, or what it is built with, has changed';
      return { id, state: 'different', how };
    });
  },

  async apply(resources, host) {
    for (const resource of resources) await host.releases.build(resource);
  },
};

/** The first of what a release cannot run without that is not there; its virtualenv only links to its interpreter. */
async function missing({ folder, python }: ReleaseRecord): Promise<string | undefined> {
  for (const path of [folder, python]) if (!(await exists(path))) return path;
  return undefined;
}
