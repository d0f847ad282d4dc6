import { join } from 'node:path';

import * as z from 'zod';

import { component } from './component.ts';

const options = z.strictObject({});

/** Django's embedded default: a file in the data folder, nothing to install and nothing to run. */
export const sqliteComponent = component<z.infer<typeof options>>({
  name: 'sqlite',
  title: 'SQLite',
  kind: 'database',
  about: "A database file in the site's data folder, for projects that name no database server; nothing is installed.",
  options,
  detect: (facts) => (facts.database.value === 'sqlite' ? { options: {}, because: facts.database.because } : undefined),
  packages: () => ({ debian: [], python: [] }),
  runsAs: 'site',
  // SQLite makes its write-ahead log beside the file, so the site owns the folder.
  folders: (_options, place) => [
    { path: join(place.folders.data, 'sqlite'), owner: 'site', group: 'site', mode: 0o750 },
  ],
  files: () => [],
  setup: () => [],
  connection: (_options, place) => {
    const file = join(place.folders.data, 'sqlite', 'db.sqlite3');
    return { kind: 'database', engine: 'sqlite', name: file, user: '', host: '', port: '', url: `sqlite:///${file}` };
  },
  services: () => [],
  releaseServices: () => [],
});
