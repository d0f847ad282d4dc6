import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ControlGroups, capFiles, makerOf, topGroup } from './cgroups.ts';
import type { Mount } from './mountinfo.ts';

/** Folders that look like the kernel's. What the kernel does with them is for the system's tests. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-cgroups-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = (path: string): string => readFileSync(join(folder, path), 'utf8');
const mount = (path: string, type: string, ...superOptions: readonly string[]): Mount => ({
  path: join(folder, path),
  type,
  options: ['rw'],
  superOptions,
});

function second(controllers: string): readonly Mount[] {
  writeFileSync(join(folder, 'cgroup.controllers'), controllers);
  writeFileSync(join(folder, 'cgroup.subtree_control'), '');
  return [mount('', 'cgroup2', 'rw')];
}

function first(...names: readonly string[]): readonly Mount[] {
  for (const name of names) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'cgroup.procs'), '');
  }
  return names.map((name) => mount(name, 'cgroup', 'rw', ...name.split(',')));
}

describe('with control groups of version 2', () => {
  it("a site's group holds all of it to its limits, and each process has one of its own below", () => {
    const groups = new ControlGroups('/var/lib/roadie', second('cpuset cpu io memory pids\n'));
    groups.bound('boards', { memoryBytes: 1000, processes: 50 });
    const group = groups.make('boards', 'web', { memoryBytes: 600, cpus: 1.5 });
    expect(groups.missing).toBeUndefined();
    expect(written('roadie/boards/memory.max')).toBe('1000');
    expect(written('roadie/boards/memory.swap.max')).toBe('250');
    expect(written('roadie/boards/pids.max')).toBe('50');
    expect(group?.joins).toEqual([join(folder, 'roadie/boards', group?.name ?? '', 'cgroup.procs')]);
    expect(written(`roadie/boards/${group?.name}/memory.max`)).toBe('600');
    expect(written(`roadie/boards/${group?.name}/cpu.max`)).toBe('150000 100000');
    for (const path of ['', 'roadie/', 'roadie/boards/'])
      expect(written(`${path}cgroup.subtree_control`)).toBe('+pids +memory +cpu');
  });

  it('names its groups after their maker, no two alike', () => {
    const groups = new ControlGroups('/var/lib/roadie', second('cpu memory pids'));
    const names = [groups.make('boards', 'web'), groups.make('boards', 'web')].map((group) => group?.name ?? '');
    expect(new Set(names).size).toBe(2);
    expect(names.map(makerOf)).toEqual([process.pid, process.pid]);
    expect(groups.names('boards').toSorted()).toEqual(names.toSorted());
    expect(groups.sites()).toEqual(['boards']);
  });

  it('tells what the kernel has refused', () => {
    const groups = new ControlGroups('/var/lib/roadie', second('cpu memory pids'));
    groups.bound('boards', {});
    writeFileSync(join(folder, 'roadie/boards/memory.events'), 'low 0\noom 4\noom_kill 3\n');
    writeFileSync(join(folder, 'roadie/boards/pids.events'), 'max 17\n');
    expect(groups.refusals('boards')).toEqual({ killed: 3, forks: 17 });
    expect(groups.refusals('other')).toEqual({ killed: 0, forks: 0 });
  });
});

describe('with control groups of version 1', () => {
  it('a process joins one group in each tree', () => {
    const groups = new ControlGroups('/var/lib/roadie', first('pids', 'memory', 'cpu,cpuacct', 'freezer'));
    const group = groups.make('boards', 'web', { memoryBytes: 600, cpus: 0.5 });
    expect(groups.missing).toBeUndefined();
    expect(group?.joins).toEqual(
      ['pids', 'memory', 'cpu,cpuacct'].map((tree) =>
        join(folder, tree, 'roadie/boards', group?.name ?? '', 'cgroup.procs'),
      ),
    );
    expect(written(`memory/roadie/boards/${group?.name}/memory.limit_in_bytes`)).toBe('600');
    expect(written(`cpu,cpuacct/roadie/boards/${group?.name}/cpu.cfs_quota_us`)).toBe('50000');
    expect(readdirSync(join(folder, 'freezer'))).toEqual(['cgroup.procs']);
  });

  it('a site is restrained and let go', () => {
    const groups = new ControlGroups('/var/lib/roadie', first('pids', 'memory', 'cpu,cpuacct'));
    groups.bound('boards', {});
    const files = (): readonly string[] =>
      ['cpu.idle', 'cpu.cfs_quota_us'].map((name) => written(`cpu,cpuacct/roadie/boards/${name}`));
    groups.restrain('boards', true);
    expect(files()).toEqual(['1', '10000']);
    groups.restrain('boards', false);
    expect(files()).toEqual(['0', '-1']);
  });

  it('is used where version 2 has no controllers for it', () => {
    const hybrid = [...second('cpu io'), ...first('pids', 'memory')];
    expect(new ControlGroups('/var/lib/roadie', hybrid).missing).toBe('its control groups have no controller for cpu');
  });
});

describe('without control groups', () => {
  it('nothing is made, and the reason is said', () => {
    const groups = new ControlGroups('/var/lib/roadie', []);
    groups.bound('boards', { memoryBytes: 1 });
    expect(groups.make('boards', 'web')).toBeUndefined();
    expect(groups.missing).toBe('this machine has no control groups');
    expect(groups.kill('boards', 'web')).toBe(0);
  });
});

describe('the files of a group', () => {
  const all = ['pids', 'memory', 'cpu'] as const;

  it('hold what it is meant to be held to, and nothing else', () => {
    expect(capFiles({ version: 2, controllers: all }, { weight: 20 })).toEqual([['cpu.weight', '20']]);
    expect(capFiles({ version: 1, controllers: all }, { weight: 20, processes: 7 })).toEqual([
      ['pids.max', '7'],
      ['cpu.shares', '205'],
    ]);
    expect(capFiles({ version: 2, controllers: ['pids'] }, { memoryBytes: 5, cpus: 1 })).toEqual([]);
  });
});

it('two Roadies on one machine have groups of their own', () => {
  expect(topGroup('/var/lib/roadie')).toBe('roadie');
  expect(topGroup('/srv/one')).toMatch(/^roadie-[0-9a-f]{8}$/);
  expect(topGroup('/srv/one')).not.toBe(topGroup('/srv/two'));
});
