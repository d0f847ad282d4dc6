import { compressedEndings } from '../components/edge/mime-types.ts';

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

/**
 * Brotli's quality for a file of that many bytes. 11 takes some 1.5 s per MB and 9 a tenth of that for about 8 % more bytes:
 * the best for what is small, which is most files.
 */
export function brotliQuality(size: number): number {
  if (size <= 128 * 1024) return 11;
  return size <= 4 * 1024 * 1024 ? 9 : 6;
}

/** Whether a compressed file is enough smaller to be kept: at least a twentieth. */
export function isWorthwhile(before: number, after: number): boolean {
  return after < before * 0.95;
}
