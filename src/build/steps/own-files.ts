import { posix } from 'node:path';

import { describeFile, ensureFolder, exists, removeFile } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { copyFiles } from '../../machine/files/tree.ts';
import { ProblemError } from '../../problems/problem.ts';
import { releaseOfCode, replacedFolder } from '../../sites/releases.ts';
import type { BuildContext } from '../context.ts';
import type { Step } from '../step.ts';
import { typed } from '../../problems/shell-word.ts';

/**
 * Copies the owner's own files into the code, as the build's user like all of it: what the project has in their place is kept
 * beside, for the day when they are gone. The code that a release is made from may be another release's: what lies in it of such
 * files is no part of the project.
 */
export const layOwnFiles: Step<BuildContext> = {
  name: 'own-files',
  title: 'Add your own files to the code',
  async run(context) {
    const { blueprint, paths, place, builder } = context;
    const files = (blueprint.ownFiles ?? []).map(({ path }) => path);
    await takeBack(context);
    if (files.length === 0) return { skipped: 'There are none' };
    const replaced: string[] = [];
    for (const path of files) {
      await requireFileOrNothing(context, path);
      if (await exists(posix.join(paths.code, path))) replaced.push(path);
    }
    if (replaced.length > 0) {
      await ensureFolder(replacedFolder(paths.folder), { mode: 0o700 });
      requireCopied(await copyFiles(paths.code, replaced, replacedFolder(paths.folder), { reader: builder }));
    }
    requireCopied(await copyFiles(place.folders.own, files, paths.code, { writer: builder }));
    return { detail: files.join(', ') };
  },
};

/** Puts the project's own files where those of the release stand whose code this is. */
async function takeBack({ paths, place, builder, sourceFolder }: BuildContext): Promise<void> {
  const { own, folder } = (await releaseOfCode(place.folders.releases, sourceFolder)) ?? {};
  if (!own || folder === undefined) return;
  const back: string[] = [];
  for (const { path } of own) {
    // Nobody but the build's user has written here, and none of its programs has run yet.
    if ((await linkOnTheWay(paths.code, posix.join(paths.code, path))) !== undefined) continue;
    await removeFile(posix.join(paths.code, path));
    if (await exists(posix.join(replacedFolder(folder), path))) back.push(path);
  }
  if (back.length > 0) requireCopied(await copyFiles(replacedFolder(folder), back, paths.code, { writer: builder }));
}

async function requireFileOrNothing({ paths, place }: BuildContext, path: string): Promise<void> {
  const there = posix.join(paths.code, path);
  const link = await linkOnTheWay(paths.code, there);
  const found = link === undefined ? await describeFile(there) : undefined;
  if (link === undefined && (found === undefined || found.kind === 'file')) return;
  const what = link === undefined ? `a ${found?.kind}` : 'a link';
  throw new ProblemError({
    code: 'own-file-refused',
    summary: `Your file ${path} cannot be added to the code: the project has ${what} at ${link === undefined ? path : posix.relative(paths.code, link)}`,
    cure: [
      `$ roadie file remove ${place.site} ${typed(path)}`,
      'Give the file another path, or take what is in its place out of the project.',
    ],
  });
}

function requireCopied(words: string | undefined): void {
  if (words === undefined) return;
  throw new ProblemError({
    code: 'own-file-refused',
    summary: 'Your own files could not be added to the code',
    detail: words,
    cure: ['Fix what is named above, and run the same command again.'],
  });
}
