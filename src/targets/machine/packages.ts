import { installedPackages, installPackages } from '../../machine/packages.ts';
import type { Kind } from './door.ts';

/** Debian packages: one query for all, one installation for all. */
export const packageKind: Kind<'package'> = {
  async observe(resources) {
    if (resources.length === 0) return [];
    const installed = await installedPackages();
    return resources.map(({ id, wanted }) => ({ id, state: installed.has(wanted.name) ? 'same' : 'absent' }));
  },

  async apply(resources, { log, journals, emit, site }) {
    await installPackages(
      resources.map((resource) => resource.wanted.name),
      { log, journal: journals.packages, say: (text) => emit({ type: 'note', level: 'info', site, text }) },
    );
  },
};
