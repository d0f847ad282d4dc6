import { dirname, join } from 'node:path/posix';

import type { Place } from '../../components/place.ts';
import type { WantedFolder } from './folders-wanted.ts';
import { ownershipOf, withOwnership } from './ownership.ts';
import type { Resource } from './resource.ts';

/** Root's, and read by the site. */
function rootForSite(place: Place): Pick<WantedFolder, 'ownership'> {
  return withOwnership(ownershipOf({ owner: 'root', group: 'site' }, { name: 'site', runsAs: 'site' }, place));
}

/** A file that is made from the project's example of it: `path` in the code. */
export type MadeFile = {
  readonly path: string;
  readonly content: Uint8Array;
  readonly from: { readonly example: string };
};

/** The folders that such files lie in, below that of the owner's own files. */
export function madeFolders(made: readonly MadeFile[], place: Place): readonly WantedFolder[] {
  const names = new Set<string>();
  for (const { path } of made) for (let name = dirname(path); name !== '.'; name = dirname(name)) names.add(name);
  return [...names].toSorted().map((name) => ({
    path: join(place.folders.own, name),
    mode: 0o750,
    ...rootForSite(place),
    because: 'your own files lie there as they do in the code',
  }));
}

/** The files themselves: made once, and the owner's from then on. */
export function madeFiles(made: readonly MadeFile[], place: Place): readonly Resource[] {
  return made.map(({ path, content, from }) => {
    const file = join(place.folders.own, path);
    return {
      kind: 'file',
      id: `file:${file}`,
      because: `${path} is made from ${from.example}: kept in the site's data`,
      wanted: {
        path: file,
        content: Buffer.from(content).toString(),
        mode: 0o640,
        ...rootForSite(place),
        secret: true,
        edge: false,
        once: true,
      },
    };
  });
}
