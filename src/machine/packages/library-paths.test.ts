import { describe, expect, it } from 'vitest';

import { rewriteLibraryPaths } from './library-paths.ts';

/** The least that is an ELF file with DT_RUNPATH: header, two program headers, the dynamic section and its strings. */
function elfFile(runPath: string): Buffer {
  const file = Buffer.alloc(512);
  file.write('\u007FELF', 0, 'latin1');
  file.set([2, 1, 1], 4);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segment = (at: number, type: number, offset: bigint, address: bigint, size: bigint): void => {
    file.writeUInt32LE(type, at);
    for (const [index, value] of [offset, address, address, size].entries())
      file.writeBigUInt64LE(value, at + 8 + index * 8);
  };
  segment(64, 1, 0n, 0x1000n, 512n);
  segment(120, 2, 200n, 0x10c8n, 48n);
  const entries: readonly (readonly [bigint, bigint])[] = [
    [29n, 7n],
    [5n, 0x1000n + 300n],
    [0n, 0n],
  ];
  for (const [index, [tag, value]] of entries.entries()) {
    file.writeBigUInt64LE(tag, 200 + index * 16);
    file.writeBigUInt64LE(value, 208 + index * 16);
  }
  file.write(`libc.6\0${runPath}\0after\0`, 300, 'latin1');
  return file;
}

const from = '/root/.pyenv/versions/3.13.0';
const relative = (folder: string): string => folder.replace(from, '$ORIGIN/..');

describe('library paths', () => {
  it('are rewritten in place, folder by folder, and nothing else is touched', () => {
    const before = elfFile(`${from}/lib:/usr/local/lib`);
    const after = rewriteLibraryPaths(before, relative);
    expect(after?.toString('latin1', 307).split('\0')[0]).toBe('$ORIGIN/../lib:/usr/local/lib');
    expect(after).toHaveLength(before.length);
    expect(after?.subarray(0, 307)).toEqual(before.subarray(0, 307));
    expect(after?.toString('latin1')).toContain('\0after\0');
  });

  it('stay where there is nothing to change or no room', () => {
    expect(rewriteLibraryPaths(elfFile('/usr/local/lib'), relative)).toBeUndefined();
    expect(rewriteLibraryPaths(elfFile('/p/lib'), () => '$ORIGIN/../lib')).toBeUndefined();
  });

  it('are not looked for in what is no ELF file, or half of one', () => {
    expect(rewriteLibraryPaths(Buffer.from('#!/bin/sh\n'), relative)).toBeUndefined();
    expect(rewriteLibraryPaths(Buffer.alloc(0), relative)).toBeUndefined();
    const whole = elfFile(`${from}/lib`);
    for (let length = 0; length < whole.length; length += 7)
      expect(() => rewriteLibraryPaths(whole.subarray(0, length), relative)).not.toThrow();
  });
});
