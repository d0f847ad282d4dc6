import { join } from 'node:path';

import type { FolderSpec } from '../component.ts';
import { commonPaths, type EdgePlace } from './place.ts';

/** The folders that every edge has, parents first. */
export function commonFolders(place: EdgePlace): readonly FolderSpec[] {
  const paths = commonPaths(place);
  const open = (path: string): FolderSpec => ({ path, owner: 'root', group: 'root', mode: 0o755 });
  return [
    open(place.folder),
    open(paths.pages),
    open(paths.acme),
    open(join(paths.acme, '.well-known')),
    open(join(paths.acme, '.well-known', 'acme-challenge')),
    { path: paths.certificates, owner: 'root', group: 'root', mode: 0o700 },
    // Workers that open their logs anew by name do so when these are rotated.
    { path: paths.logs, owner: 'root', group: 'edge', mode: 0o750 },
    { path: place.run, owner: 'root', group: 'root', mode: 0o700 },
  ];
}
