import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants as zlib, gzip } from 'node:zlib';

import { walkTree } from './tree.ts';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** How much work is put into a folder's files. */
export type Effort = {
  /** Brotli's quality, 0 to 11, for a file of that many bytes. */
  readonly brotliQuality: (size: number) => number;
  /** gzip's, 1 to 9. */
  readonly gzipLevel: number;
};

export type CompressRules = {
  isCompressible(name: string, size: number): boolean;
  /** Decided once, from the sizes in bytes of all that is to be compressed. */
  effort(sizes: readonly number[]): Effort;
  isWorthwhile(before: number, after: number): boolean;
};

export type CompressOptions = {
  /** Folders that were compressed whole by the same rules, the likeliest first. */
  readonly earlier: readonly string[];
  /** Files that are compressed at a time. */
  readonly threads: number;
  /** Called after each file that had to be compressed. */
  readonly onProgress?: (done: number, all: number) => void;
};

export type CompressCount = { compressed: number; reused: number; savedBytes: number };

/** The two ways, by the ending that the edge looks for. */
const ways = ['br', 'gz'] as const;

type Candidate = { readonly path: string; readonly name: string; readonly size: number; readonly time: Date };

/**
 * Writes `FILE.br` and `FILE.gz` beside every file of a folder that is worth it. Links are passed over. What an earlier folder
 * has compressed from the same bytes, or what another file with the same bytes has, is linked. Compressed files get the time of
 * their original, as the edge's Last-Modified and ETag come from it.
 */
export async function compressFolder(
  folder: string,
  { earlier, threads, onProgress }: CompressOptions,
  rules: CompressRules,
): Promise<CompressCount> {
  // Those that a project ships are replaced with their originals, perhaps before the walk has come to them.
  const files = (await walkTree(folder, () => false, 200_000)).filter((file) => !/\.(?:br|gz)$/.test(file));
  const count: CompressCount = { compressed: 0, reused: 0, savedBytes: 0 };
  const byContent = new Map<string, string>();
  const twins: { readonly from: string; readonly to: string }[] = [];
  const left: Candidate[] = [];
  await each(files, threads, async (name) => {
    const path = join(folder, name);
    const found = await lstat(path);
    if (!found.isFile() || !rules.isCompressible(name, found.size)) return;
    const content = await readSafely(path);
    const key = createHash('sha256').update(content).digest('hex');
    const twin = byContent.get(key);
    if (twin !== undefined) {
      twins.push({ from: twin, to: path });
      return;
    }
    byContent.set(key, path);
    if (await reuseEarlier(earlier, name, path, content)) count.reused += 1;
    else left.push({ path, name, size: found.size, time: found.mtime });
  });
  const effort = rules.effort(left.map(({ size }) => size));
  // The large ones first: the last of them would have the others' threads wait.
  left.sort((one, other) => other.size - one.size);
  let done = 0;
  await each(left, threads, async (one) => {
    await compress(one, effort, rules, count);
    onProgress?.((done += 1), left.length);
  });
  await each(twins, threads, async ({ from, to }) => {
    await reuse(from, to);
    count.reused += 1;
  });
  return count;
}

/** Does something with each of many things, a few at a time. */
async function each<T>(items: readonly T[], threads: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: threads }, one));
}

async function readSafely(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Whether an earlier folder has the same file: then it also has what that comes to, which may be nothing. */
async function reuseEarlier(earlier: readonly string[], name: string, path: string, content: Buffer): Promise<boolean> {
  for (const folder of earlier) {
    const before = join(folder, name);
    const found = await lstat(before).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== content.length) continue;
    if ((await readSafely(before).catch(() => undefined))?.equals(content) !== true) continue;
    await reuse(before, path);
    return true;
  }
  return false;
}

/** Links what another file has come to, in place of what is there. */
async function reuse(from: string, path: string): Promise<void> {
  for (const way of ways) {
    await rm(`${path}.${way}`, { force: true });
    await link(`${from}.${way}`, `${path}.${way}`).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function compress(
  { path, time }: Candidate,
  { brotliQuality, gzipLevel }: Effort,
  rules: CompressRules,
  count: CompressCount,
): Promise<void> {
  // Read again: a folder may be larger than memory.
  const content = await readSafely(path);
  const [brotli, zipped] = await Promise.all([
    toBrotli(content, {
      params: {
        [zlib.BROTLI_PARAM_QUALITY]: brotliQuality(content.length),
        [zlib.BROTLI_PARAM_SIZE_HINT]: content.length,
        [zlib.BROTLI_PARAM_LGWIN]: windowBits(content.length),
      },
    }),
    toGzip(content, { level: gzipLevel }),
  ]);
  for (const [way, bytes] of [
    ['br', brotli],
    ['gz', zipped],
  ] as const) {
    if (!rules.isWorthwhile(content.length, bytes.length)) {
      await rm(`${path}.${way}`, { force: true });
      continue;
    }
    const temporary = join(
      dirname(path),
      `.${process.pid}.${createHash('sha256').update(`${path}.${way}`).digest('hex').slice(0, 16)}.tmp`,
    );
    await writeFile(temporary, bytes, { mode: 0o640, flag: 'wx' });
    await utimes(temporary, time, time);
    await rename(temporary, `${path}.${way}`);
  }
  count.compressed += 1;
  count.savedBytes += Math.max(0, content.length - Math.min(brotli.length, zipped.length));
}

/** Not more than the file fills: making the usual 4 MB ready takes longer than compressing a small one. */
function windowBits(size: number): number {
  return Math.min(22, Math.max(16, Math.ceil(Math.log2(size + 1))));
}
