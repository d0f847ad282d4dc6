import { defineConfig } from 'vitest/config';

/**
 * System tests that may run two at a time: each has a box or folder of its own, with ports and sites' names that nobody else has,
 * and asserts nothing about time or the machine's load. Everything else in test/system runs alone, since it
 * - loads the machine and looks what becomes of others: bombs, edge, edge-service, faults, tune;
 * - looks how much processor time something has, or at all that listens: open-ports, supervision, supervisor;
 * - changes what the machine has one of: its policy for services (daemon-takeover, target), its authorities (trust), its container
 *   engine (server);
 * - is the first to install what the others have then: up.
 */
const sideBySide = [
  'access',
  'apache',
  'bake',
  'bounds',
  'completion',
  'components',
  'database-wait',
  'deploy',
  'entry-point',
  'environment',
  'export',
  'frontend',
  'gate',
  'isolation',
  'mariadb',
  'memcached',
  'migrations',
  'own-socket',
  'private-repository',
  'projects',
  'projects-as-they-are',
  'provided-python',
  'python',
  'queues',
  'refusals',
  'refusals-live',
  'release',
  'release-components',
  'renewal',
  'request-errors',
  'served',
  'servers',
  'side-by-side',
  'source',
  'source-follow',
  'unprivileged',
  'users',
  'written-files',
].map((name) => `test/system/${name}.test.ts`);

const system = { testTimeout: 600_000, hookTimeout: 900_000 };

/** Kinds of tests as projects, one after another. System tests start real servers and change the machine (packages, users). */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // A process for each file would take most of the time. They mock no modules and leave the process as it was.
          isolate: false,
          include: ['src/**/*.test.ts', 'test/docs/**/*.test.ts'],
          testTimeout: 60_000,
          setupFiles: ['test/rig/seed.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'golden',
          include: ['test/golden/**/*.test.ts'],
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'contract',
          setupFiles: ['test/rig/seed.ts'],
          include: ['test/contracts/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...system,
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          exclude: sideBySide,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...system,
          name: 'system-side-by-side',
          include: sideBySide,
          maxWorkers: 2,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
