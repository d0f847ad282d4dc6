import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { capProcess, capsImpossible } from './cgroups.ts';

/** A folder that looks like the kernel's. What the kernel does with it is not ours to test. */
let mounted: string;
beforeEach(() => {
  mounted = mkdtempSync(join(tmpdir(), 'roadie-cgroups-'));
  writeFileSync(join(mounted, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  writeFileSync(join(mounted, 'cgroup.subtree_control'), 'memory pids\n');
});
afterEach(() => rmSync(mounted, { recursive: true, force: true }));

const written = (path: string): string => readFileSync(join(mounted, path), 'utf8');

describe('a process with caps', () => {
  it('gets a group of its own with them, and is put into it', () => {
    expect(capProcess(4711, 'boards.web', { memoryBytes: 600, cpus: 1.5 }, mounted)).toBeUndefined();
    expect(written('roadie/boards.web.4711/memory.max')).toBe('600');
    expect(written('roadie/boards.web.4711/cpu.max')).toBe('150000 100000');
    expect(written('roadie/boards.web.4711/cgroup.procs')).toBe('4711');
    expect(written('cgroup.subtree_control')).toBe('+memory +cpu');
    expect(written('roadie/cgroup.subtree_control')).toBe('+memory +cpu');
  });

  it('is held to what it is meant to be held to, and to nothing else', () => {
    expect(capProcess(4711, 'boards.web', { cpus: 0.5 }, mounted)).toBeUndefined();
    expect(readdirSync(join(mounted, 'roadie/boards.web.4711')).toSorted()).toEqual(['cgroup.procs', 'cpu.max']);
  });

  it('takes away the groups of those that have gone', () => {
    mkdirSync(join(mounted, 'roadie/boards.web.1'), { recursive: true });
    capProcess(2, 'boards.web', { cpus: 1 }, mounted);
    expect(readdirSync(join(mounted, 'roadie')).toSorted()).toEqual(['boards.web.2', 'cgroup.subtree_control']);
  });
});

describe('without control groups of version 2', () => {
  it('nothing is made, and the reason is said', () => {
    rmSync(join(mounted, 'cgroup.controllers'));
    const because = 'this machine has no control groups of version 2';
    expect(capsImpossible(mounted)).toBe(because);
    expect(capProcess(1, 'boards.web', { cpus: 1 }, mounted)).toBe(because);
    expect(readdirSync(mounted)).toEqual(['cgroup.subtree_control']);
  });

  it('a missing controller is named', () => {
    writeFileSync(join(mounted, 'cgroup.controllers'), 'pids io\n');
    expect(capsImpossible(mounted)).toBe('its control groups have no controller for memory and cpu');
  });
});
