import { join } from 'node:path';

import type { JobResults } from '../../contract/results.ts';
import { keptReleases, pruneReleases } from '../../sites/releases.ts';
import type { JobContext } from '../context.ts';
import { emptyTrash } from '../trash.ts';

/**
 * Deletes for good what nobody goes back to: what has been in the trash for long enough, and releases beyond those that are kept,
 * which an `up` that was cut short has left. Logs are bounded where they are written.
 */
export async function prune({ layout, records }: JobContext): Promise<JobResults['prune']> {
  const removed = [...(await emptyTrash(layout.trash, Date.now()))];
  for (const name of await records.names()) {
    // A damaged record says nothing of what is live: nothing of that site is touched.
    const record = await records.read(name).catch(() => undefined);
    if (!record) continue;
    const keep = [record.release?.id, record.built?.id, record.bake?.previous].filter((id) => id !== undefined);
    const releases = join(layout.sites, name, 'releases');
    for (const id of await pruneReleases(releases, keptReleases, keep)) removed.push(join(releases, id));
  }
  return { removed };
}
