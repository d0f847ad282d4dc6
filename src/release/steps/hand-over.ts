import { endUser } from '../../machine/end-user.ts';
import { ensureFolder } from '../../machine/files.ts';
import { allRead, groupReads, sealTree } from '../../machine/seal.ts';
import { currentUser } from '../../machine/users.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/**
 * The end of all that runs the project's code as the build's user: its processes end, whatever became of them, and what they
 * have made becomes root's. Only then may the site and NGINX enter the release.
 */
export const handOver: Step<BuildContext> = {
  name: 'hand-over',
  title: 'Take over what the build has made',
  async run(context) {
    const { paths, builder, state } = context;
    await required(context, 'questions').stop();
    if (builder) await endUser(builder);
    const root = builder && { uid: 0, gid: 0 };
    // Nobody but root reaches anything below it meanwhile, as if it had been renamed; virtualenvs do not bear that.
    if (root) await ensureFolder(paths.folder, { mode: 0o700, ownership: root });
    if (state.staticReused !== true) seal(context, paths.static, 'all');
    await ensureFolder(paths.folder, { mode: 0o711, ownership: root });
    return undefined;
  },
};

/** Gives a folder that the build's user has made to root; the site's group, or everybody, may read it. */
export function seal({ builder, sealed }: BuildContext, path: string, readers: 'group' | 'all'): void {
  sealTree(path, {
    from: [builder?.uid ?? currentUser().uid],
    to: sealed && { uid: 0, gid: readers === 'group' ? sealed.gid : 0 },
    modes: readers === 'group' ? groupReads : allRead,
  });
}
