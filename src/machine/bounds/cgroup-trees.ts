import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Mount } from './mountinfo.ts';

/** What control groups are needed for here. */
export type Controller = 'pids' | 'memory' | 'cpu';

/** One tree of control groups: of version 2 with all controllers, of version 1 with one or two. */
export type Tree = {
  readonly version: 1 | 2;
  /** Where it is mounted. */
  readonly path: string;
  readonly controllers: readonly Controller[];
};

/** The trees that can be used, and what cannot be done for want of one. */
export type Trees = { readonly trees: readonly Tree[]; readonly missing: string | undefined };

const all: readonly Controller[] = ['pids', 'memory', 'cpu'];

/**
 * Which trees hold the controllers: one of version 2 where it has those for processes and memory (every Debian since 11 and Ubuntu
 * since 21.10), else those of version 1. It takes the right to make groups, which root has, but not in every container.
 */
export function findTrees(mounts: readonly Mount[]): Trees {
  const found = second(mounts) ?? first(mounts);
  if (found.length === 0) return { trees: [], missing: 'this machine has no control groups' };
  const usable = found.filter(isWritable);
  if (usable.length === 0)
    return { trees: [], missing: 'only root may make control groups, and not in every container' };
  const missing = all.filter((controller) => !usable.some(({ controllers }) => controllers.includes(controller)));
  return {
    trees: usable,
    missing: missing.length === 0 ? undefined : `its control groups have no controller for ${missing.join(' and ')}`,
  };
}

/** The tree of version 2, if it has what version 1 would be needed for otherwise. */
function second(mounts: readonly Mount[]): readonly Tree[] | undefined {
  for (const { path } of mounts.filter(({ type }) => type === 'cgroup2')) {
    const names = readOrNothing(join(path, 'cgroup.controllers')).split(/\s+/);
    const controllers = all.filter((name) => names.includes(name));
    if (controllers.includes('pids') && controllers.includes('memory')) return [{ version: 2, path, controllers }];
  }
  return undefined;
}

function first(mounts: readonly Mount[]): readonly Tree[] {
  const trees = mounts
    .filter(({ type }) => type === 'cgroup')
    .map(({ path, superOptions }) => ({
      version: 1 as const,
      path,
      controllers: all.filter((name) => superOptions.includes(name)),
    }));
  return trees.filter(({ controllers }) => controllers.length > 0);
}

function isWritable({ version, path }: Tree): boolean {
  try {
    accessSync(join(path, version === 2 ? 'cgroup.subtree_control' : 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The text of one of the kernel's files; '' where there is none. */
export function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
