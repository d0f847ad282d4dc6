import { join } from 'node:path';

import type { JobOf } from '../contract/jobs.ts';
import type { JobResults } from '../contract/results.ts';
import { certificatePaths } from '../certificates/ensure.ts';
import { siteAuthorities } from '../certificates/local-authority.ts';
import { ensureFolder, exists } from '../machine/files.ts';
import { listFolder, moveTree, removeTree } from '../machine/tree.ts';
import { runStep } from '../release/step.ts';
import { type JobContext, knownSite } from './context.ts';
import { dropSiteFromEdge } from './edge-door.ts';
import { keepForLater } from './kept-record.ts';

/** Folders of a site that can be made again. Everything else below sites/NAME is the owner's. */
const remakeable = ['releases', 'cache'] as const;

/**
 * Takes a site down: services, NGINX's file, certificate, releases. Its data, logs, backups and variables stay where they are,
 * and `up` with the same name goes on with them; with `delete_data` they are moved to the trash, which is emptied after a week.
 */
export async function down(request: JobOf<'down'>, context: JobContext): Promise<JobResults['down']> {
  const { layout, daemon, records } = context;
  await emptyTrash(layout.trash);
  const record = await knownSite(context, request.site);
  const site = record.name;
  const folder = join(layout.sites, site);
  const removed: string[] = [];
  const step = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    await runStep({ name: title, title }, { site, job: context.id, emit: context.emit, log: context.log }, work);
    removed.push(title);
  };

  // Visitors first: NGINX must not go on asking a server that is gone.
  await step("NGINX's file and the certificate", async () => {
    await dropSiteFromEdge(site, context);
    await removeTree(join(certificatePaths(layout.edge, site).chain, '..'));
  });
  await step('services', () => daemon.forget(site));
  await step('releases', async () => {
    for (const name of remakeable) await removeTree(join(folder, name));
    await removeTree(join(folder, 'current'));
    await removeTree(join(layout.run, site));
  });
  let trash: string | null = null;
  if (request.delete_data) {
    await step('data', async () => {
      await removeTree(siteAuthorities(layout.edge, site));
      await ensureFolder(layout.trash, { mode: 0o700 });
      trash = join(layout.trash, `${site}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
      if (await exists(folder)) await moveTree(folder, trash);
    });
  } else {
    await keepForLater(record, layout.sites);
  }
  await records.remove(site);
  return { site, removed, kept: request.delete_data ? [] : [folder], trash };
}

/** How long deleted data can be had back. */
const trashDays = 7;

/** Deletes for good what has been in the trash for longer than {@link trashDays}. */
async function emptyTrash(trash: string): Promise<void> {
  if (!(await exists(trash))) return;
  const oldest = Date.now() - trashDays * 86_400_000;
  for (const name of await listFolder(trash)) {
    const time = /-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})-\d{3}Z$/.exec(name);
    if (time && Date.parse(`${time[1]}T${time[2]}:${time[3]}:${time[4]}Z`) < oldest)
      await removeTree(join(trash, name));
  }
}
