import { expect, it } from 'vitest';

import { parseMounts } from './mountinfo.ts';

it('reads the lines of mountinfo, with optional fields and without', () => {
  const text = `27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
99 27 8:1 / /mnt/my\\040disk ro,noexec - ext4 /dev/sdb1 ro
what is no mount`;
  expect(parseMounts(text)).toEqual([
    { path: '/', type: 'ext4', options: ['rw', 'relatime'], superOptions: ['rw', 'discard'] },
    { path: '/sys/fs/cgroup/memory', type: 'cgroup', options: ['rw', 'relatime'], superOptions: ['rw', 'memory'] },
    { path: '/mnt/my disk', type: 'ext4', options: ['ro', 'noexec'], superOptions: ['ro'] },
  ]);
});
