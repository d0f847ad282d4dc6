import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { home } from './pages.ts';

type Package = { readonly optionalDependencies?: Readonly<Record<string, string>>; readonly integrity?: string };

const lock = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Package>>;
};

test("the lock has the packages of every platform: npm refuses one that has this machine's alone", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {}).filter(
      (name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages),
    ),
  );
  expect(missing).toEqual([]);
});

test('every package is locked to its content, and to no registry', () => {
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  expect(packages.filter(([, found]) => found.integrity === undefined)).toEqual([]);
  expect(packages.filter(([, found]) => 'resolved' in found)).toEqual([]);
});
