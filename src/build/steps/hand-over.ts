import { endUser } from '../../machine/processes/end-user.ts';
import { ensureFolder } from '../../machine/files/files.ts';
import { groupReads, sealTree } from '../../machine/files/seal.ts';
import { currentUser } from '../../machine/users/users.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/**
 * The end of all that runs the project's code as the build's user: its processes end, whatever became of them, and what they
 * have made becomes root's. Only then may the site and the edge enter the release.
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
    if (state.staticReused !== true) sealStatic(context);
    await ensureFolder(paths.folder, { mode: 0o711, ownership: root });
    return undefined;
  },
};

/** Gives a folder that the build's user has made to root; the site's group may read it. */
export function seal({ builder, sealed }: BuildContext, path: string): void {
  sealTree(path, { from: [builder?.uid ?? currentUser().uid], to: sealed, modes: groupReads });
}

/**
 * Gives the release's static files to root and the group of what the edge may read: those that the build's user has made, and those
 * that root has added since. A link would not be served; without any, the edge need not look out for them.
 */
export function sealStatic({ builder, sealed, paths, place }: BuildContext): void {
  sealTree(paths.static, {
    from: builder ? [builder.uid, 0] : [currentUser().uid],
    to: sealed && { uid: 0, gid: place.users.www?.gid ?? sealed.gid },
    modes: groupReads,
    withoutLinks: true,
  });
}
