import type { Manager } from '../../django/frontend/manager.ts';

/** A manager of packages as npm's registry has it. */
export type ManagerPackage = {
  readonly package: string;
  /** Of its versions; empty: the one that belongs to the Node. */
  readonly range: string;
};

/**
 * The package that has a manager: the version that the project names, else the series that wrote its lock. `lock`: the lock's first
 * lines.
 */
export function managerPackage({ kind, version }: Manager, lock: string): ManagerPackage {
  switch (kind) {
    case 'npm':
      return { package: 'npm', range: version ?? '' };
    case 'pnpm':
      return {
        package: 'pnpm',
        range: version ?? pnpmOf(lock),
      };
    case 'yarn':
      return { package: 'yarn', range: version ?? '1' };
    case 'berry':
      return { package: '@yarnpkg/cli-dist', range: version ?? berryOf(lock) };
  }
}

/** Source: the versions of `lockfileVersion` in pnpm's releases. */
function pnpmOf(lock: string): string {
  const format = /^lockfileVersion:\s*['"]?(\d+)/m.exec(lock)?.[1];
  return format === '5' ? '7' : format === '6' ? '8' : '10';
}

/** Source: `__metadata.version` in the locks that Yarn's releases write. */
function berryOf(lock: string): string {
  const format = Number(/^__metadata:\s+version:\s*(\d+)/m.exec(lock)?.[1] ?? 8);
  return format < 8 ? '3' : '4';
}
