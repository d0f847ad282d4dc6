/**
 * Rewrites where an ELF program or library looks for its libraries (DT_RPATH, DT_RUNPATH), in place: `rewrite` is given one
 * folder after the other. Undefined where there is nothing to change: it is no 64-bit little-endian ELF file, has no such paths,
 * or the new ones need more room than the old ones had, which the file's layout does not give.
 * Source: https://gabi.xinuos.com/elf/08-dynamic.html
 */
export function rewriteLibraryPaths(file: Buffer, rewrite: (folder: string) => string): Buffer | undefined {
  const places = libraryPathPlaces(file);
  const changed = Buffer.from(file);
  let changes = 0;
  for (const { start, end } of places) {
    const before = file.toString('latin1', start, end);
    const after = before
      .split(':')
      .map((folder) => rewrite(folder))
      .join(':');
    if (after === before || after.length > before.length) continue;
    changed.fill(0, start, end);
    changed.write(after, start, 'latin1');
    changes += 1;
  }
  return changes > 0 ? changed : undefined;
}

const loadSegment = 1;
const dynamicSegment = 2;
const stringTableTag = 5;
const pathTags: ReadonlySet<number> = new Set([15, 29]);

type Segment = { readonly type: number; readonly offset: number; readonly address: number; readonly size: number };

function libraryPathPlaces(file: Buffer): readonly { readonly start: number; readonly end: number }[] {
  // 0x7f 'ELF', 64 bits, little-endian.
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f_45_4c_46 || file[4] !== 2 || file[5] !== 1) return [];
  const segments = readSegments(file);
  const dynamic = segments.find(({ type }) => type === dynamicSegment);
  if (!dynamic) return [];
  const entries: (readonly [tag: number, value: number])[] = [];
  for (let at = dynamic.offset; at < Math.min(dynamic.offset + dynamic.size, file.length - 15); at += 16) {
    const tag = word(file, at);
    if (tag === 0) break;
    entries.push([tag, word(file, at + 8)]);
  }
  const table = entries.find(([tag]) => tag === stringTableTag)?.[1];
  const strings = table === undefined ? undefined : offsetOf(segments, table);
  if (strings === undefined) return [];
  return entries
    .filter(([tag]) => pathTags.has(tag))
    .map(([, value]) => ({ start: strings + value, end: file.indexOf(0, strings + value) }))
    .filter(({ start, end }) => end > start);
}

function readSegments(file: Buffer): readonly Segment[] {
  const first = word(file, 32);
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => first + index * size)
    .filter((at) => at + 40 <= file.length)
    .map((at) => ({
      type: file.readUInt32LE(at),
      offset: word(file, at + 8),
      address: word(file, at + 16),
      size: word(file, at + 32),
    }));
}

/** Where in the file the byte of an address in memory lies. */
function offsetOf(segments: readonly Segment[], address: number): number | undefined {
  const segment = segments.find(
    ({ type, address: from, size }) => type === loadSegment && address >= from && address < from + size,
  );
  return segment && address - segment.address + segment.offset;
}

function word(file: Buffer, at: number): number {
  return Number(file.readBigUInt64LE(at));
}
