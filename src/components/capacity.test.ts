import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  asynchronousProcesses,
  databaseConnections,
  databaseMemory,
  queueProcesses,
  storeMemory,
  webProcesses,
  webThreads,
} from './capacity.ts';

const gibibyte = 1024 ** 3;
const machine = fc.record({
  cores: fc.integer({ min: 1, max: 256 }),
  memoryBytes: fc.integer({ min: 256 * 1024 ** 2, max: 1024 * gibibyte }),
});

describe('what a machine can hold', () => {
  it.each([
    [1, 0.5, 2],
    [1, 1, 2],
    [2, 1, 3],
    [2, 4, 3],
    [4, 1, 3],
    [4, 8, 5],
    [64, 256, 32],
  ])('gives %i cores and %d GB %i web processes', (cores, memory, processes) => {
    expect(webProcesses({ cores, memoryBytes: memory * gibibyte })).toBe(processes);
  });

  it('never gives fewer than two web processes, nor fewer than one of the others', () => {
    fc.assert(
      fc.property(machine, (given) => {
        expect(webProcesses(given)).toBeGreaterThanOrEqual(2);
        expect(webProcesses(given)).toBeLessThanOrEqual(given.cores + 1);
        expect(queueProcesses(given)).toBeGreaterThanOrEqual(1);
        expect(asynchronousProcesses(given)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('has a connection for every web thread of two releases at once', () => {
    fc.assert(
      fc.property(machine, (given) => {
        expect(databaseConnections(given)).toBeGreaterThan(2 * webProcesses(given) * webThreads());
      }),
    );
  });

  it('leaves the database and the store together less than half of the memory above 512 MB', () => {
    fc.assert(
      fc.property(machine, (given) => {
        fc.pre(given.memoryBytes >= gibibyte / 2);
        const taken = (databaseMemory(given).sharedBuffers + storeMemory(given)) * 1024 ** 2;
        expect(taken).toBeLessThan(given.memoryBytes / 2);
      }),
    );
  });

  it('gives a small VPS figures that fit it', () => {
    expect(databaseMemory({ cores: 1, memoryBytes: gibibyte })).toEqual({
      sharedBuffers: 128,
      effectiveCacheSize: 512,
      workMem: 4,
      maintenanceWorkMem: 32,
      maxWalSize: 512,
    });
    expect(storeMemory({ cores: 1, memoryBytes: gibibyte })).toBe(128);
  });
});
