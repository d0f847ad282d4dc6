import { endUser } from '../../machine/processes/end-user.ts';
import { ensureFolder } from '../../machine/files/files.ts';
import { runTied } from '../../machine/processes/tied.ts';
import { removeTree } from '../../machine/files/tree.ts';
import { exportSource } from '../../source/source.ts';
import { confinedBuild } from '../confined.ts';
import { type BuildContext, buildNice } from '../context.ts';
import { saveVirtualenv } from '../spare-virtualenv.ts';
import type { Step } from '../step.ts';
import { seal } from './hand-over.ts';

/**
 * The release's folder belongs to root from the start: nobody can lay a link where root will write. Until it is handed over
 * only the build's user can enter it.
 */
export const exportCode: Step<BuildContext> = {
  name: 'code',
  title: 'Export the code',
  async run(context) {
    const { paths, builder } = context;
    const ownership = builder && { uid: builder.uid, gid: builder.gid };
    await ensureFolder(paths.folder, {
      mode: builder ? 0o710 : 0o711,
      ownership: builder && { uid: 0, gid: builder.gid },
    });
    for (const folder of [paths.code, paths.static]) await ensureFolder(folder, { mode: 0o755, ownership });
    await ensureFolder(paths.work, { mode: 0o755 });
    await exportSource(context.blueprint.source, context.sourceFolder, paths.code, {
      writer: builder,
      signal: context.surroundings.signal,
    });
    return undefined;
  },
  async undo({ paths, builder, place }) {
    if (builder) await endUser(builder);
    await saveVirtualenv(place.folders.releases, place.folders.site);
    await removeTree(paths.folder);
  },
};

/**
 * Compiles the project's modules, since the site cannot write bytecode later, and gives code and virtualenv to root: from here
 * on Django meets them as it will when it serves.
 */
export const sealCode: Step<BuildContext> = {
  name: 'seal',
  title: 'Make code and virtualenv read-only to the site',
  async run(context) {
    const { paths, builder, log, state, python } = context;
    // A module that does not compile is Django's to report, where it matters; here it only stays without bytecode. The machine's
    // interpreter: the virtualenv's would run the packages' own start-up code.
    await runTied([python.path, '-I', '-m', 'compileall', '-q', '-x', '(^|/)(node_modules|\\.git)/', paths.code], {
      log,
      nice: buildNice,
      timeoutSeconds: 300,
      ...(builder && { user: builder }),
      ...confinedBuild(context),
    });
    // With a virtualenv that is used again, and no front end, no code of the project's or a package's has run since the build began.
    const ran = state.reused !== true || context.blueprint.facts.frontEnds !== undefined;
    if (builder && ran) await endUser(builder);
    seal(context, paths.code);
    if (state.reused !== true) seal(context, paths.virtualenv);
    return undefined;
  },
};
