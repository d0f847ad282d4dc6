import { ensureFolder } from '../../machine/files.ts';
import { runTied } from '../../machine/tied.ts';
import { removeTree, sealTree } from '../../machine/tree.ts';
import { exportSource } from '../../source/source.ts';
import { confinedBuild } from '../confined.ts';
import { type BuildContext, buildNice } from '../context.ts';
import type { Step } from '../step.ts';

/** The release's folder belongs to root from the start: nobody can lay a link where root will write. */
export const exportCode: Step<BuildContext> = {
  name: 'code',
  title: 'Export the code',
  async run(context) {
    const { paths, builder } = context;
    const ownership = builder && { uid: builder.uid, gid: builder.gid };
    await ensureFolder(paths.folder, { mode: 0o711 });
    for (const folder of [paths.code, paths.static, paths.work]) await ensureFolder(folder, { mode: 0o755, ownership });
    await exportSource(context.blueprint.source, context.sourceFolder, paths.code, {
      writer: builder,
      signal: context.door.signal,
    });
    return undefined;
  },
  async undo({ paths }) {
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
    const { paths, builder, sealed, log, state } = context;
    // A module that does not compile is Django's to report, where it matters; here it only stays without bytecode.
    await runTied([paths.python, '-I', '-m', 'compileall', '-q', '-x', '(^|/)(node_modules|\\.git)/', paths.code], {
      log,
      nice: buildNice,
      timeoutSeconds: 300,
      ...(builder && { user: builder }),
      ...confinedBuild(context),
    });
    const modes = 'u=rwX,g=rX,o=';
    await sealTree(paths.code, sealed, modes);
    if (state.reused !== true) await sealTree(paths.virtualenv, sealed, modes);
    return undefined;
  },
};
