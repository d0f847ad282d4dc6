import { posix } from 'node:path';

import type { Source } from '../blueprint/blueprint.ts';
import type { RunAs } from '../services/service.ts';
import { ownerAsUser } from './folder.ts';
import { git } from './git.ts';
import { mirrorOf } from './source.ts';

/** The day of the commit that is released, as `2024-05-31`, of a folder that of its last commit; undefined where git cannot tell. */
export async function commitDate(
  source: Source,
  checkouts: string,
  buildUser: RunAs | undefined,
): Promise<string | undefined> {
  const [directory, revision] =
    source.kind === 'git'
      ? [posix.join(mirrorOf(checkouts, source.url), 'repository.git'), source.revision]
      : [source.path, 'HEAD'];
  const user = source.kind === 'git' ? buildUser : await ownerAsUser(source.path);
  const told = await git(['log', '-1', '--format=%cs', revision, '--'], { directory, user, timeoutSeconds: 30 }).catch(
    () => undefined,
  );
  return /^\d{4}-\d{2}-\d{2}$/.exec(told?.code === 0 ? told.stdout.trim() : '')?.[0];
}
