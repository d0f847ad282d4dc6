import { allComponents } from '../../components/index.ts';
import { exists } from '../../machine/files/files.ts';
import { installedPackages, installPackages } from '../../machine/packages/packages.ts';
import { isRoot } from '../../machine/system.ts';
import type { Kind } from './host.ts';

/** Debian packages: one query for all, one installation for all. */
export const packageKind: Kind<'package'> = {
  async observe(resources, { journals }) {
    if (resources.length === 0) return [];
    const [installed, begun] = await Promise.all([installedPackages(), exists(journals.packages)]);
    // All may be there, and yet the machine still be kept from starting any service: the first one stands for that.
    const unfinished = begun && isRoot();
    return resources.map(({ id, wanted }, index) => {
      if (!installed.has(wanted.name)) return { id, state: 'absent' };
      return unfinished && index === 0
        ? { id, state: 'different', how: 'an installation was interrupted' }
        : { id, state: 'same' };
    });
  },

  async apply(resources, { log, journals, emit, site }) {
    await installPackages(
      resources.map((resource) => resource.wanted.name),
      {
        log,
        journal: journals.packages,
        settings: allComponents.flatMap(({ packageSettings }) => packageSettings ?? []),
        say: (text) => emit({ type: 'note', level: 'info', site, text }),
      },
    );
  },
};
