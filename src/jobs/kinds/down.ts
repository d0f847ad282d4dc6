import { join } from 'node:path';

import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { certificatePaths } from '../../certificates/ensure.ts';
import { siteAuthorities } from '../../certificates/local-authority.ts';
import { endUser } from '../../machine/processes/end-user.ts';
import { ensureFolder, exists } from '../../machine/files/files.ts';
import { sealTree } from '../../machine/files/seal.ts';
import { listFolder, moveTree, removeTree } from '../../machine/files/tree.ts';
import { removeSystemUser, type User } from '../../machine/users/users.ts';
import { runStep } from '../../build/step.ts';
import { type JobContext, knownSite } from '../context.ts';
import { dropSiteFromEdge, siteUsers } from '../../targets/machine/index.ts';
import { emptyTrash, trashedAt, trashFolder } from '../trash.ts';

/** Folders of a site that can be made again. Everything else below sites/NAME is the owner's. */
const remakeable = ['releases', 'cache', 'tmp', 'build', 'build-tmp', 'checkouts'] as const;

/**
 * Takes a site down: services, the edge's file, certificate, releases. Its data, logs, backups and variables stay where they are,
 * and `up` with the same name goes on with them; with `delete_data` they are moved to the trash, which is emptied after a week.
 */
export async function down(request: JobOf<'down'>, context: JobContext): Promise<JobResults['down']> {
  const { layout, daemon, records } = context;
  await emptyTrash(layout.trash, Date.now());
  const record = await knownSite(context, request.site);
  const site = record.name;
  const folder = join(layout.sites, site);
  const removed: string[] = [];
  const step = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    await runStep({ name: title, title }, { site, job: context.id, emit: context.emit, log: context.log }, work);
    removed.push(title);
  };

  // Visitors first: the edge must not go on asking a server that is gone.
  await step("the edge's file and the certificate", async () => {
    await dropSiteFromEdge(site, context);
    await removeTree(join(certificatePaths(layout.edge, site).chain, '..'));
  });
  const users = await siteUsers(layout, site);
  await step('services', async () => {
    await daemon.forget(site);
    // Whatever was started as one of them, and however: nothing of theirs changes what is removed now.
    for (const user of users) await endUser(user);
  });
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
      trash = trashFolder(layout.trash, site, new Date());
      if (await exists(folder)) await moveTree(folder, trash);
      await removeUsers(users, layout.trash, site);
    });
  } else {
    await records.keepForLater(record);
  }
  await records.remove(site);
  return { site, removed, kept: request.delete_data ? [] : [folder], trash };
}

/** Removes the users of a site that is gone. Their ids may be given to others: nothing in the trash is theirs any more by then. */
async function removeUsers(users: readonly User[], trash: string, site: string): Promise<void> {
  if (users.length === 0) return;
  // An earlier `down` may have been killed behind the move.
  for (const name of (await listFolder(trash)).filter((each) => trashedAt(each)?.site === site))
    sealTree(join(trash, name), { from: users.map(({ uid }) => uid), to: { uid: 0, gid: 0 }, leaveOthers: true });
  for (const user of users) await removeSystemUser(user.name);
}
