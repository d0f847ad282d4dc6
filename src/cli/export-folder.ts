import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';

import * as z from 'zod';

import type { JobResults } from '../contract/results.ts';
import { describeFile, ensureFolder, readText, removeFile, writeAtomically } from '../machine/files/files.ts';
import { copyFiles, hashFiles, listFolder, moveTree, removeTree, walkTree } from '../machine/files/tree.ts';
import { ProblemError } from '../problems/problem.ts';

/** What was done to a folder. */
export type WrittenExport = {
  readonly folder: string;
  /** Secrets that the folder had with another value: they are as they were. */
  readonly kept: readonly string[];
};

/** Tells which files are an export's. Hashes: of the content that an export has written or was about to write. */
const manifestName = '.roadie-export.json';

const manifestSchema = z.strictObject({
  version: z.literal(1),
  site: z.string(),
  files: z.record(z.string(), z.array(z.string())),
  code: z.array(z.string()),
});

type Manifest = z.infer<typeof manifestSchema>;

const codeFolder = 'code';
const newCode = '.code.new';
const oldCode = '.code.old';
const secretsFolder = 'secrets';

/** More files than any project has. */
const mostFiles = 500_000;

/**
 * Writes an export into a folder: new, empty, or an earlier export of the same site. Each file is written whole, and it can be
 * killed and repeated at any point. Secrets that are there are kept: a database knows its password. Throws `folder-not-empty`
 * before anything is written where something of the owner's would be lost.
 */
export async function writeExport(
  folder: string,
  exported: Pick<JobResults['export'], 'site' | 'files' | 'secrets' | 'code'>,
  options: { readonly force: boolean },
): Promise<WrittenExport> {
  const before = await earlierExport(folder, exported.site);
  const edited = await changedSince(folder, before, exported.files);
  if (edited.length > 0 && !options.force) throw changed(folder, edited);
  if ((await describeFile(folder)) === undefined) await ensureFolder(folder, { mode: 0o755 });
  const files = Object.fromEntries(exported.files.map(({ path, content }) => [path, [hashOf(content)]]));
  const during: Manifest = {
    version: 1,
    site: exported.site,
    files: { ...before.files, ...merged(before.files, files) },
    code: before.code,
  };
  // First: whatever is written from here on is known to be an export's.
  await writeManifest(folder, during);
  const hash = await hashOfCode(await writeCode(folder, exported.code));
  await writeManifest(folder, { ...during, code: [...before.code, hash] });
  await takeCode(folder);
  for (const { path, content } of exported.files) {
    const target = join(folder, path);
    if (path.includes('/')) await ensureFolder(dirname(target), { mode: 0o755 });
    await writeAtomically(target, content, { mode: 0o644 });
  }
  const kept = await writeSecrets(join(folder, secretsFolder), exported.secrets);
  await ensureFolder(join(folder, 'acme', '.well-known', 'acme-challenge'), { mode: 0o755 });
  for (const path of Object.keys(before.files)) if (!(path in files)) await removeFile(join(folder, path));
  await writeManifest(folder, { ...during, files, code: [hash] });
  return { folder, kept };
}

/** What an earlier export has written there; nothing where the folder is new. Throws where it holds something else. */
async function earlierExport(folder: string, site: string): Promise<Manifest> {
  const names = (await describeFile(folder)) === undefined ? [] : await listFolder(folder);
  const text = await readText(join(folder, manifestName));
  if (text === undefined) {
    if (names.length === 0) return { version: 1, site, files: {}, code: [] };
    throw foreign(folder, `${folder} has files, and no export has written them`, names.slice(0, 5).join(', '));
  }
  const manifest = manifestSchema.safeParse(parse(text));
  if (!manifest.success) throw foreign(folder, `${join(folder, manifestName)} cannot be read`, undefined);
  if (manifest.data.site !== site) throw foreign(folder, `${folder} has an export of ${manifest.data.site}`, undefined);
  return manifest.data;
}

/** Files that would be overwritten or removed and are not as an export has left them. Throws for those that no export has written. */
async function changedSince(
  folder: string,
  before: Manifest,
  files: JobResults['export']['files'],
): Promise<readonly string[]> {
  const edited: string[] = [];
  for (const path of new Set([...Object.keys(before.files), ...files.map((file) => file.path)])) {
    const found = await describeFile(join(folder, path));
    if (found === undefined) continue;
    const known = before.files[path];
    if (known === undefined)
      throw foreign(folder, `${join(folder, path)} is there, and no export has written it`, undefined);
    const text = found.kind === 'file' ? await readText(join(folder, path)) : undefined;
    if (text === undefined || !known.includes(hashOf(text))) edited.push(path);
  }
  const code = join(folder, codeFolder);
  const found = await describeFile(code);
  if (found?.kind === 'folder') {
    if (!before.code.includes(await hashOfCode(code))) edited.push(`${codeFolder}/`);
  }
  return edited;
}

/**
 * Copies the project's code beside the old one: with what it ships where the live release leads to the site's data. Returns where.
 */
async function writeCode(
  folder: string,
  { folder: from, links, shipped, own }: JobResults['export']['code'],
): Promise<string> {
  const fresh = join(folder, newCode);
  await removeTree(fresh);
  await ensureFolder(fresh, { mode: 0o755 });
  const led = new Set([...links, ...own]);
  const paths = (await walkTree(from, isLeftOut, mostFiles)).filter((path) => !led.has(path));
  await copyAll(from, paths, fresh);
  if ((await describeFile(shipped)) !== undefined)
    await copyAll(shipped, await walkTree(shipped, isLeftOut, mostFiles), fresh);
  return fresh;
}

async function copyAll(from: string, paths: readonly string[], to: string): Promise<void> {
  const complaint = await copyFiles(from, paths, to);
  if (complaint === undefined) return;
  throw new ProblemError({
    code: 'no-access',
    summary: `The project's code could not be copied from ${from}`,
    detail: complaint,
    cure: ['Run the same command as the user that runs Roadie, or as root: `sudo roadie …`.'],
  });
}

/** The new code takes the old one's place. */
async function takeCode(folder: string): Promise<void> {
  const [code, fresh, old] = [join(folder, codeFolder), join(folder, newCode), join(folder, oldCode)];
  await removeTree(old);
  if ((await describeFile(code)) !== undefined) await moveTree(code, old);
  await moveTree(fresh, code);
  await removeTree(old);
}

async function hashOfCode(folder: string): Promise<string> {
  return (await hashFiles(folder, await walkTree(folder, isLeftOut, mostFiles))).hash;
}

/** Those that are missing. Their folder is its owner's alone; the programs in the containers are users of their own, and read them. */
async function writeSecrets(folder: string, secrets: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await ensureFolder(folder, { mode: 0o700 });
  const kept: string[] = [];
  for (const [name, value] of Object.entries(secrets)) {
    const there = await readText(join(folder, name));
    if (there === undefined) await writeAtomically(join(folder, name), value, { mode: 0o444 });
    else if (there.trimEnd() !== value.trimEnd()) kept.push(name);
  }
  return kept;
}

async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeAtomically(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o644 });
}

function merged(before: Manifest['files'], now: Manifest['files']): Manifest['files'] {
  return Object.fromEntries(Object.entries(now).map(([path, hashes]) => [path, [...(before[path] ?? []), ...hashes]]));
}

function isLeftOut(name: string): boolean {
  return name === '__pycache__' || name === '.git';
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short or edited: nobody knows what it said.
    return undefined;
  }
}

function foreign(folder: string, summary: string, detail: string | undefined): ProblemError {
  return new ProblemError({
    code: 'folder-not-empty',
    summary,
    where: { file: folder },
    ...(detail !== undefined && { detail }),
    cure: ['Give a new folder, or one with an earlier export of the same site.'],
  });
}

function changed(folder: string, edited: readonly string[]): ProblemError {
  return new ProblemError({
    code: 'folder-not-empty',
    summary: `Of the earlier export in ${folder}, ${edited.slice(0, 5).join(', ')} ${edited.length === 1 ? 'has' : 'have'} been changed`,
    where: { file: folder },
    cure: [
      'Move changes that shall last into compose.override.yaml, or export into another folder.',
      'To lose them, run the same command with --force.',
    ],
  });
}
