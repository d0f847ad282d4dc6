import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../src');

/** Where an edge may be known by its name outside its own folder, and why. */
const allowed: Readonly<Record<string, string>> = {
  'components/index.ts': 'the list of components',
  'components/access-lines.ts': 'the list of formats of access logs, for the daemon',
  'config/config.ts': 'the names that an owner may write',
  'config/edge-keys.ts': 'the names that an owner may write',
  'services/service.ts': 'the way to pass sockets that one program has defined',
  'machine/processes/processes.ts': 'the way to pass sockets that one program has defined',
  'django/read/worker-command.ts': 'programs of a Procfile that Roadie runs by itself',
};

it('an edge is known by its name in its own folder alone', () => {
  const named = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.ts') &&
      !path.endsWith('.test.ts') &&
      !/^components\/(?:nginx|apache)\//.test(path) &&
      /nginx|apache/i.test(readFileSync(join(src, path), 'utf8')),
  );
  expect(named.toSorted()).toEqual(Object.keys(allowed).toSorted());
});
