import { posix } from 'node:path';

import { isKept, type KeptPath, shownPath } from '../../django/kept-paths.ts';
import { isBelow } from '../../components/paths.ts';
import { describeFile } from '../../machine/files/files.ts';
import { linkOnTheWay, pointLink } from '../../machine/files/links.ts';
import { copyFiles, removeTree, walkTree } from '../../machine/files/tree.ts';
import { run } from '../../machine/processes/run.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { scratchFolder, shippedFolder } from '../kept.ts';
import type { Step } from '../step.ts';

/** More than anybody commits as data. */
const mostFiles = 200_000;

/**
 * Leads what the project writes in its code to the site's data. What the code ships there is its first content: files are added
 * that are not there, and none is ever written over. All that happens in the site's data is done by the site's user.
 */
export const keepData: Step<BuildContext> = {
  name: 'kept',
  title: "Keep what the project writes in the site's data",
  async run(context) {
    const { paths, state } = context;
    const kept = state.kept ?? [];
    for (const each of kept) {
      const target = targetOf(each, context);
      await adopt(context, each, target);
      // A command that makes static files has had a part of the code to itself.
      const link = await linkOnTheWay(paths.code, posix.dirname(posix.join(paths.code, each.path)));
      if (link !== undefined) throw refused(each.path, `${link} on the way to it is a link.`);
      await pointLink(posix.join(paths.code, each.path), target);
    }
    const named = state.folders ?? [];
    for (const { path } of named)
      await asSite(context, ['mkdir', '-p', '--', posix.join(context.place.folders.files, path)]);
    await removeTree(scratchFolder(context));
    const media = await adoptMedia(context);
    const database = await adoptDatabase(context);
    const said = [
      ...kept.map((each) => `${shownPath(each)} (${each.because})`),
      ...named.map(({ path, because }) => `${path}/ (${because})`),
      ...media,
      ...database,
    ];
    return said.length === 0 ? { skipped: 'It writes nothing beside its code' } : { detail: said.join(', ') };
  },
};

/** Below the site's data: uploads where the settings have them, all else by its path. */
function targetOf({ path }: KeptPath, context: BuildContext): string {
  const { media, files } = context.place.folders;
  return path === mediaInCode(context) ? media : posix.join(files, path);
}

/** MEDIA_ROOT as the settings have it, relative to the code; undefined where it lies elsewhere. */
function mediaInCode(context: BuildContext): string | undefined {
  const root = posix.resolve('/', required(context, 'settings').mediaRoot);
  const { code } = context.paths;
  return isBelow(root, code) && root !== code ? posix.relative(code, root) : undefined;
}

async function adopt(context: BuildContext, { path, kind }: KeptPath, target: string): Promise<void> {
  const shipped = posix.join(shippedFolder(context), path);
  await asSite(context, ['mkdir', '-p', '--', kind === 'folder' ? target : posix.dirname(target)]);
  const found = await describeFile(shipped);
  if (found?.kind === 'folder')
    await addMissing(context, shipped, await walkTree(shipped, () => false, mostFiles), target);
  else if (found?.kind === 'file')
    await addMissing(context, posix.dirname(shipped), [posix.basename(shipped)], posix.dirname(target));
}

/** Media files of the repository, which pages and rows of a committed database refer to. */
async function adoptMedia(context: BuildContext): Promise<readonly string[]> {
  const path = mediaInCode(context);
  if (path === undefined || context.blueprint.leaveCommittedData === true) return [];
  // Uploads that are kept themselves have been added with all that is.
  if (context.state.kept?.some((kept) => kept.path === path) === true) return [];
  const from = inRepository(context, path);
  if ((await describeFile(from))?.kind !== 'folder') return [];
  const files = await walkTree(from, (name) => name.startsWith('.'), mostFiles);
  await addMissing(context, from, files, context.place.folders.media);
  return files.length === 0 ? [] : [`${files.length} media files of the repository`];
}

/** Where the release has what the repository ships at a path of the code: never behind a link to the site's data, which the site can change. */
function inRepository(context: BuildContext, path: string): string {
  return posix.join(isKept(path, context.state.kept ?? []) ? shippedFolder(context) : context.paths.code, path);
}

/** A committed SQLite database that the settings name, where the site's own has nothing in it yet. */
async function adoptDatabase(context: BuildContext): Promise<readonly string[]> {
  const { code } = context.paths;
  const named = required(context, 'settings').databases['default'];
  const used = required(context, 'probe').databases['default'];
  if (context.blueprint.leaveCommittedData === true || !named || !used || !isSiteFile(used.name, context)) return [];
  const path = posix.resolve(context.paths.root, named.name);
  if (!isBelow(path, code)) return [];
  const relative = posix.relative(code, path);
  const from = inRepository(context, relative);
  if (((await describeFile(from))?.size ?? 0) === 0) return [];
  const copied = await asSite(context, [context.python.path, '-I', '-c', copyDatabase, from, used.name]);
  return copied.trim() === 'copied' ? [`${relative} is the site's first database`] : [];
}

/** One transaction, so all of it is there or nothing. What has a table has been used. */
const copyDatabase = `
import sqlite3, sys, urllib.parse
to = sqlite3.connect(sys.argv[2])
if to.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
    sqlite3.connect("file:%s?mode=ro&immutable=1" % urllib.parse.quote(sys.argv[1]), uri=True).backup(to)
    print("copied")
`;

/** Whether a database is a file of the site's own. */
function isSiteFile(name: string, { connections }: BuildContext): boolean {
  return connections.some((one) => one.kind === 'database' && one.engine === 'sqlite' && one.name === name);
}

async function addMissing(context: BuildContext, from: string, files: readonly string[], to: string): Promise<void> {
  const words = await copyFiles(from, files, to, { writer: context.runner, keepExisting: true });
  if (words !== undefined) throw refused(from, words);
}

/** What the command prints. */
async function asSite(context: BuildContext, command: readonly [string, ...string[]]): Promise<string> {
  const { code, stdout, stderr } = await run(command, context.runner ? { user: context.runner } : {});
  if (code !== 0) throw refused(command.at(-1) ?? '', stderr.trim());
  return stdout;
}

function refused(path: string, words: string): ProblemError {
  return new ProblemError({
    code: 'data-not-kept',
    summary: `${path} could not be kept in the site's data`,
    detail: words,
    cure: ['Fix what is named above, and run the same command again: what was live before is still there.'],
  });
}
