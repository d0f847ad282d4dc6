import { posix } from 'node:path';

import type { Fact, ReleaseCommand } from '../../django/facts.ts';
import { readWrites } from '../../django/probe/probe.ts';
import { managementWords } from '../../django/read/start-commands.ts';
import { preparesStatic } from '../../django/read/static-commands.ts';
import { isBelow } from '../../components/paths.ts';
import { describeFile, readText } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { groupReads, sealTree } from '../../machine/files/seal.ts';
import { endUser } from '../../machine/processes/end-user.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import type { BuildContext } from '../context.ts';
import { inRelease } from '../manage.ts';
import { commandFailed } from './release-commands.ts';

/** More folders in a row than any command finds closed. */
const rounds = 10;

/**
 * Runs what the project's own deployment runs to make static files, as the build's user. They are made beside their sources: a folder
 * of the code that such a command finds closed is the build's for as long as it runs, and root's again before anything else happens.
 */
export async function prepareStatic(context: BuildContext): Promise<void> {
  const commands = context.blueprint.facts.releaseCommands.filter(({ value }) => preparesStatic(value.words));
  const opened: string[] = [];
  try {
    for (const command of commands) await runOpening(context, command, opened);
  } finally {
    const { builder, sealed } = context;
    // What such a command has left running could change under root's hands what root takes over.
    if (builder && opened.length > 0) await endUser(builder);
    for (const folder of opened.toReversed())
      sealTree(folder, { from: [0, builder?.uid ?? 0], to: sealed, modes: groupReads });
  }
}

async function runOpening(context: BuildContext, command: Fact<ReleaseCommand>, opened: string[]): Promise<void> {
  const { builder, paths } = context;
  const input = (await readText(posix.join(pythonFolder, 'static_command.py'))) ?? '';
  const words: readonly [string, ...string[]] = [paths.python, '-', ...(managementWords(command.value.words) ?? [])];
  for (let round = 0; ; round += 1) {
    const result = await inRelease(context, words, { input, timeoutSeconds: 1200 });
    if (result.code === 0) return;
    const closed = builder && round < rounds ? await closedFolders(context, result.stdout, opened) : [];
    if (!builder || closed.length === 0) {
      commandFailed(context, command, result);
      return;
    }
    for (const folder of closed) {
      opened.push(folder);
      sealTree(folder, { from: [0], to: { uid: builder.uid, gid: builder.gid } });
    }
  }
}

/** The innermost folders of the code that are there on the way to what was written, without those that are open. */
async function closedFolders(
  { paths }: BuildContext,
  stdout: string,
  opened: readonly string[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const { path } of readWrites(stdout)) {
    let folder = posix.dirname(path);
    while (isBelow(folder, paths.code) && (await describeFile(folder)) === undefined) folder = posix.dirname(folder);
    const isOpen = opened.some((one) => isBelow(folder, one));
    const isFolder = (await describeFile(folder))?.kind === 'folder';
    if (!isBelow(folder, paths.code) || isOpen || !isFolder) continue;
    if (folder === paths.code || (await linkOnTheWay(paths.code, folder)) === undefined) found.add(folder);
  }
  // A folder that lies in another one is opened with it.
  return [...found].filter((one) => ![...found].some((other) => other !== one && isBelow(one, other)));
}
