import type { Kind } from './door.ts';
import { reloadChecked } from './edge-files.ts';

/** Certificates: what looks at them and issues them is handed in. */
export const certificateKind: Kind<'certificate'> = {
  observe: (resources, { certificates }) =>
    Promise.all(resources.map(async (resource) => ({ id: resource.id, ...(await certificates.observe(resource)) }))),

  async apply(resources, door) {
    for (const resource of resources) await door.certificates.issue(resource);
    await reloadChecked(door);
  },
};
