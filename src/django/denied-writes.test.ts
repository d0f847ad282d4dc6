import { describe, expect, it } from 'vitest';

import { deniedWrites } from './denied-writes.ts';

const said = (path: string): string => `PermissionError: [Errno 13] Permission denied: '${path}'`;

describe('what a site has tried to write in its code', () => {
  it('is what its log says, relative to the code, whatever the release', () => {
    const lines = [
      'Traceback (most recent call last):',
      said('/sites/shop/releases/1/code/exports/a.csv'),
      said('/sites/shop/releases/2/code/exports/a.csv'),
      "  OSError: [Errno 30] Read-only file system: '/sites/shop/releases/2/code/out'",
    ];
    expect(deniedWrites(lines, '/sites/shop/releases')).toEqual(['exports/a.csv', 'out']);
  });

  it('is nothing of anybody else, of another kind, or of the release itself', () => {
    const lines = [
      said('/etc/passwd'),
      said('/sites/shop/releases/1/venv/x'),
      said('/sites/shop/releases/1/code'),
      said('/sites/shop/releases/../../other/code/x'),
      "FileNotFoundError: [Errno 2] No such file or directory: '/sites/shop/releases/1/code/x'",
    ];
    expect(deniedWrites(lines, '/sites/shop/releases')).toEqual([]);
  });

  it('is bounded', () => {
    const lines = Array.from({ length: 50 }, (_, index) => said(`/r/1/code/${index}`));
    expect(deniedWrites(lines, '/r')).toHaveLength(10);
  });
});
