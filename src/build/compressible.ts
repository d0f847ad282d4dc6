import { compressedEndings } from '../components/edge/mime-types.ts';
import type { Effort } from '../machine/files/compress.ts';

/** The same that the edge looks for: a copy that it does not look for would be made for nothing. */
const endings: ReadonlySet<string> = new Set(compressedEndings);

/** What fits one packet with its headers is not worth a second file: the tenth part of it saves nobody a round trip. */
const smallest = 860;

/** Beyond this many bytes the edge sends the file as it is: compressing would hold up the build. */
const largest = 32 * 1024 * 1024;

/** Whether a static file is worth compressing, by its name and size in bytes. */
export function isCompressible(name: string, size: number): boolean {
  const dot = name.lastIndexOf('.');
  return (
    size > smallest && size <= largest && dot > name.lastIndexOf('/') && endings.has(name.slice(dot + 1).toLowerCase())
  );
}

/** MB of text that a core compresses in a second, by Brotli's quality and by gzip's level; measured on scripts of 14 KB on average. */
const brotliSpeed: Readonly<Record<number, number>> = { 11: 0.4, 9: 5, 6: 15, 5: 18, 4: 25 };
const gzipSpeed: Readonly<Record<number, number>> = { 9: 12, 6: 25, 4: 37 };

/** What is spent on a file whatever its size, in seconds of a core: it is read twice, and two are written. */
const perFile = 0.001;

type Rung = { readonly qualities: readonly (readonly [size: number, quality: number])[]; readonly gzipLevel: number };

/**
 * From the most to the least. Against 5, 9 saves 2 % of the bytes in four times the time and 11 saves 10 % in forty times, so that is
 * for what is small, which is most files.
 */
const rungs: readonly Rung[] = [
  {
    qualities: [
      [128 * 1024, 11],
      [4 * 1024 * 1024, 9],
      [Infinity, 6],
    ],
    gzipLevel: 9,
  },
  {
    qualities: [
      [32 * 1024, 11],
      [1024 * 1024, 9],
      [Infinity, 5],
    ],
    gzipLevel: 9,
  },
  {
    qualities: [
      [8 * 1024, 11],
      [Infinity, 5],
    ],
    gzipLevel: 9,
  },
  {
    qualities: [
      [1024 * 1024, 6],
      [Infinity, 5],
    ],
    gzipLevel: 6,
  },
  { qualities: [[Infinity, 5]], gzipLevel: 6 },
  { qualities: [[Infinity, 4]], gzipLevel: 4 },
];

/** How hard files of these sizes in bytes are compressed, if all together may take that many seconds of a core. */
export function chooseEffort(sizes: readonly number[], seconds: number): Effort {
  const rung = rungs.find((one) => sum(sizes.map((size) => cost(size, one))) <= seconds) ?? rungs[rungs.length - 1];
  if (!rung) throw new Error('there are rungs');
  return { brotliQuality: (size) => qualityOf(size, rung), gzipLevel: rung.gzipLevel };
}

function cost(size: number, rung: Rung): number {
  const speeds = [brotliSpeed[qualityOf(size, rung)] ?? 1, gzipSpeed[rung.gzipLevel] ?? 1];
  return perFile + sum(speeds.map((speed) => size / 1e6 / speed));
}

function qualityOf(size: number, { qualities }: Rung): number {
  return qualities.find(([largest]) => size <= largest)?.[1] ?? 4;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** Seconds that compressing may take by the clock, where a build has taken that many so far: at most a third of the whole. */
export function secondsForCompressing(soFar: number): number {
  return Math.min(Math.max(soFar / 2, 5), 60);
}

/** Whether a compressed file is enough smaller to be kept: at least a twentieth. */
export function isWorthwhile(before: number, after: number): boolean {
  return after < before * 0.95;
}
