import { describe, expect, it } from 'vitest';

import { diskProblem, type DiskSpace } from './files/disk.ts';
import { compareVersions, findPythons } from './packages/programs.ts';
import { coresOfLimit, cpuLimitFiles, parseOsRelease, readSystem, requireSupported, type System } from './system.ts';
import { parsePasswd } from './users/users.ts';

const system = (release: string): System => ({
  ...parseOsRelease(release),
  cores: 2,
  memoryBytes: 1e9,
  isRoot: true,
  systemd: true,
  ipv6: true,
});

describe('os-release', () => {
  it('supports Debian, Ubuntu and what is made from them', () => {
    for (const text of [
      'ID=debian\nVERSION_ID="12"',
      'ID=ubuntu\nID_LIKE=debian',
      'ID=linuxmint\nID_LIKE="ubuntu debian"',
    ])
      expect(requireSupported(system(text)).ok).toBe(true);
  });

  it('says which system it is that is not supported', () => {
    const result = requireSupported(system('ID=fedora\nPRETTY_NAME="Fedora Linux 41"'));
    expect(result).toMatchObject({
      ok: false,
      problems: [{ code: 'system-unsupported', summary: expect.stringContaining('Fedora Linux 41') }],
    });
  });

  it('reads quoted and bare values', () => {
    expect(parseOsRelease('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID=12\nID=debian\n')).toMatchObject({
      id: 'debian',
      version: '12',
      name: 'Debian GNU/Linux 12 (bookworm)',
    });
  });
});

describe('cores', () => {
  it('reads both versions of the limit', () => {
    expect(coresOfLimit('150000 100000\n')).toBe(1.5);
    expect(coresOfLimit('200000\n')).toBe(2);
    expect(coresOfLimit('max 100000\n')).toBe(Number.POSITIVE_INFINITY);
    expect(coresOfLimit('-1\n')).toBe(Number.POSITIVE_INFINITY);
    expect(coresOfLimit(undefined)).toBe(Number.POSITIVE_INFINITY);
  });

  it('looks at every level of its control group', () => {
    expect(cpuLimitFiles('0::/system.slice/roadie.service\n')).toEqual(
      expect.arrayContaining([
        '/sys/fs/cgroup/cpu.max',
        '/sys/fs/cgroup/system.slice/cpu.max',
        '/sys/fs/cgroup/system.slice/roadie.service/cpu.max',
      ]),
    );
  });

  it('finds at least one on this machine, and memory', async () => {
    expect(await readSystem()).toMatchObject({
      cores: expect.toSatisfy((cores: number) => cores >= 1),
      memoryBytes: expect.toSatisfy((bytes: number) => bytes > 0),
    });
  });
});

describe('diskProblem', () => {
  const space = (given: Partial<DiskSpace>): DiskSpace => ({
    path: '/var',
    totalBytes: 20e9,
    freeBytes: 10e9,
    totalInodes: 1e6,
    freeInodes: 9e5,
    ...given,
  });

  it('is content with room enough', () => {
    expect(diskProblem(space({}))).toBeUndefined();
    expect(diskProblem(space({ totalInodes: 0, freeInodes: 0 }))).toBeUndefined();
  });

  it('says how much is free and how much is wanted', () => {
    expect(diskProblem(space({ freeBytes: 100e6 }))).toMatchObject({
      code: 'disk-full',
      summary: expect.stringMatching(/100 MB .*1000 MB/),
    });
    expect(diskProblem(space({ freeInodes: 12 }))).toMatchObject({
      code: 'disk-full',
      summary: expect.stringContaining('12 more files'),
    });
  });

  it('does not ask for a twentieth of a huge disk', () => {
    expect(diskProblem(space({ totalBytes: 4e12, freeBytes: 6e9 }))).toBeUndefined();
  });
});

describe('programs', () => {
  it('compares versions by number', () => {
    expect(['3.9.2', '3.11.2', '3.10.13'].toSorted(compareVersions)).toEqual(['3.9.2', '3.10.13', '3.11.2']);
  });

  it("finds this machine's interpreters, newest first, each once", async () => {
    const pythons = await findPythons();
    expect(pythons.length).toBeGreaterThan(0);
    expect(pythons.map((python) => python.version)).toEqual(
      pythons
        .map((python) => python.version)
        .toSorted(compareVersions)
        .toReversed(),
    );
    expect(new Set(pythons.map((python) => python.path)).size).toBe(pythons.length);
    for (const python of pythons.filter(({ path }) => path.startsWith('/usr/bin/'))) expect(python.shared).toBe(true);
  });
});

describe('parsePasswd', () => {
  it('reads users and leaves malformed lines out', () => {
    expect(parsePasswd('www-data:x:33:34:www-data:/var/www:/usr/sbin/nologin\nbroken\n:x:1:1::/:\n')).toEqual([
      { name: 'www-data', uid: 33, gid: 34, home: '/var/www', shell: '/usr/sbin/nologin' },
    ]);
  });
});
