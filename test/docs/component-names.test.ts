import { readdir, readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

/** What only a component's own folder, or Django's tables of engines, may know. */
const own: readonly (readonly [RegExp, RegExp])[] = [
  [
    /PGOPTIONS|pg_stat_activity|createcluster|startsWith\('postgresql|=== 'postgresql'/,
    /^components\/postgresql\/|^django\//,
  ],
  [/SHOW FULL PROCESSLIST|lock_wait_timeout|mariadb-dump|=== '(mariadb|mysql)'/, /^components\/mariadb\/|^django\//],
  [/maxmemory|redis-cli|kind: 'redis'|kind === 'redis'/, /^components\/redis\//],
  [/memcached\.sock|=== 'memcached'/, /^components\/memcached\/|^django\//],
];

it('nobody but a component knows how its software is spoken to', async () => {
  const root = new URL('../../src/', import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  expect(files.length).toBeGreaterThan(300);
  const found: string[] = [];
  for (const file of files) {
    const code = (await readFile(new URL(file, root), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const [words, home] of own)
      if (words.test(code) && !home.test(file)) found.push(`${file}: ${words.exec(code)?.[0]}`);
  }
  expect(found).toEqual([]);
});
