import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { link, lstat, open, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants as zlib, gzip } from 'node:zlib';

import { walkTree } from './tree.ts';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

export type CompressRules = {
  isCompressible(name: string, size: number): boolean;
  brotliQuality(size: number): number;
  isWorthwhile(before: number, after: number): boolean;
};

export type CompressCount = { compressed: number; reused: number; savedBytes: number };

/** The two ways, by the ending that the edge looks for. */
const ways = ['br', 'gz'] as const;

/**
 * Writes `FILE.br` and `FILE.gz` beside every file of a folder that is worth it. Links are passed over. What an earlier folder
 * has compressed from the same bytes, or what another file with the same bytes has, is linked. Compressed files get the time of
 * their original, as the edge's Last-Modified and ETag come from it.
 */
export async function compressFolder(
  folder: string,
  earlier: string | undefined,
  rules: CompressRules,
): Promise<CompressCount> {
  // Those that a project ships are replaced with their originals, perhaps before the walk has come to them.
  const files = (await walkTree(folder, () => false, 200_000)).filter((file) => !/\.(?:br|gz)$/.test(file));
  const count: CompressCount = { compressed: 0, reused: 0, savedBytes: 0 };
  const byContent = new Map<string, Promise<string>>();
  const one = async (file: string): Promise<void> => {
    const path = join(folder, file);
    const found = await lstat(path);
    if (!found.isFile() || !rules.isCompressible(file, found.size)) return;
    const content = await readSafely(path);
    const key = createHash('sha256').update(content).digest('hex');
    const twin = byContent.get(key);
    const made = twin
      ? twin.then((other) => reuse(other, path))
      : reuseEarlier(earlier, file, path, content).then(
          (reused) => reused || compress(path, content, found.mtime, rules, count),
        );
    byContent.set(
      key,
      made.then(() => path),
    );
    if (await made) count.reused += 1;
  };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) await one(files[index] ?? '');
  };
  // As many as zlib's threads: more would only hold memory.
  await Promise.all(Array.from({ length: 4 }, work));
  return count;
}

async function readSafely(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function reuseEarlier(
  earlier: string | undefined,
  file: string,
  path: string,
  content: Buffer,
): Promise<boolean> {
  if (earlier === undefined) return false;
  const before = await readFile(join(earlier, file)).catch(() => undefined);
  return before?.equals(content) === true && reuse(join(earlier, file), path);
}

/** True where at least one compressed file was there to link. */
async function reuse(from: string, path: string): Promise<boolean> {
  const linked = await Promise.all(
    ways.map(async (way) => {
      await rm(`${path}.${way}`, { force: true });
      return link(`${from}.${way}`, `${path}.${way}`).then(
        () => true,
        () => false,
      );
    }),
  );
  return linked.includes(true);
}

async function compress(
  path: string,
  content: Buffer,
  time: Date,
  rules: CompressRules,
  count: CompressCount,
): Promise<false> {
  const brotli = await toBrotli(content, {
    params: {
      [zlib.BROTLI_PARAM_QUALITY]: rules.brotliQuality(content.length),
      [zlib.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  const zipped = await toGzip(content, { level: 9 });
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
  return false;
}
