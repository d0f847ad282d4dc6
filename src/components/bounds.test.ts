import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { explainBounds, memoryOfAllSites, siteBounds } from './bounds.ts';
import { databaseConnections, webProcesses, webThreads } from './capacity.ts';

const mebibyte = 1024 * 1024;
const small = { cores: 2, memoryBytes: 2048 * mebibyte };

describe('what a site may take', () => {
  it('comes from the size of the machine', () => {
    expect(siteBounds(small)).toEqual({
      processes: 512,
      memoryBytes: 1433 * mebibyte,
      buildMemoryBytes: 1024 * mebibyte,
      openFiles: 8192,
      sandbox: { writable: [], readable: [] },
    });
  });

  it('is what the owner says', () => {
    const wishes = { memoryMb: 300, buildMemoryMb: 200, processes: 100, openFiles: 999, sandbox: { enabled: false } };
    expect(siteBounds(small, wishes)).toEqual({
      processes: 100,
      memoryBytes: 300 * mebibyte,
      buildMemoryBytes: 200 * mebibyte,
      openFiles: 999,
    });
  });

  it('has room for what the owner has the web server start', () => {
    expect(siteBounds(small, { webThreads: 40 * 8 }).processes).toBeGreaterThan(4 * 40 * 8);
  });

  it('leaves the machine its own on every size of it, and suffices for what Roadie starts', () => {
    const machines = record({
      cores: integer({ min: 1, max: 128 }),
      memoryBytes: integer({ min: 512, max: 512 * 1024 }).map((megabytes) => megabytes * mebibyte),
    });
    assert(
      property(machines, (machine) => {
        const bounds = siteBounds(machine);
        expect(bounds.memoryBytes).toBeLessThan(memoryOfAllSites(machine.memoryBytes));
        expect(memoryOfAllSites(machine.memoryBytes)).toBeLessThan(machine.memoryBytes);
        expect(bounds.buildMemoryBytes).toBeLessThanOrEqual(bounds.memoryBytes);
        expect(bounds.processes).toBeGreaterThan(
          2 * webProcesses(machine) * (webThreads() + 1) + databaseConnections(machine),
        );
      }),
    );
  });
});

it('is told to the owner with its reason', () => {
  expect(explainBounds(siteBounds(small), small)).toBe(
    "Limits: at most 512 processes and 1.4 GB of memory together (a build 1.0 GB), from this machine's 2.0 GB; 8192 open files each; its programs see and change nothing of the machine but their own",
  );
  expect(explainBounds(siteBounds(small, { sandbox: { writable: ['/mnt/disk'] } }), small)).toContain(
    'its programs also write in /mnt/disk',
  );
  expect(explainBounds(siteBounds(small, { sandbox: { enabled: false } }), small)).toContain('without a sandbox');
});
