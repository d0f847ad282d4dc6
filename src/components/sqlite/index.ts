import { join } from 'node:path';

import * as z from 'zod';

import { component } from '../component.ts';
import { sqliteContainer } from './container.ts';
import { databaseFile } from './file.ts';

const options = z.strictObject({});

/** Django's embedded default: a file in the data folder, nothing to install and nothing to run. */
export const sqliteComponent = component<z.infer<typeof options>>({
  name: 'sqlite',
  title: 'SQLite',
  roles: ['database'],
  about: "A database file in the site's data folder, for projects that name no database server; nothing is installed.",
  options,
  detect: (facts) => (facts.database.value === 'sqlite' ? { options: {}, because: facts.database.because } : undefined),
  packages: () => ({ debian: [], python: [] }),
  runsAs: 'site',
  // SQLite makes its write-ahead log beside the file, so the site owns the folder. Builds read the database as another user of
  // the site's group, whose files the site must be able to write as well: set-group-id, and the group's right.
  folders: (_options, place) => [
    { path: join(place.folders.data, 'sqlite'), owner: 'site', group: 'site', mode: 0o2770 },
  ],
  files: () => [],
  setup: (_options, place) => [
    {
      title: 'SQLite database',
      because: 'builds look at the database as a user of their own, in the group of the site',
      unless: ['/bin/sh', '-c', isShared, 'is-shared', databaseFile(place)],
      run: ['/bin/sh', '-c', share, 'share', databaseFile(place)],
      as: 'site',
      when: 'before',
    },
  ],
  connections: (_options, place) => {
    const file = databaseFile(place);
    return [{ kind: 'database', engine: 'sqlite', name: file, user: '', host: '', port: '', url: `sqlite:///${file}` }];
  },
  database: {
    engine: 'sqlite',
    // Its connections wait for a lock no longer than `busy_timeout`, which the overlay has set.
    locks: { limit: () => ({}), refused: /database is locked/i },
  },
  services: () => [],
  releaseServices: () => [],
  container: sqliteContainer,
});

/** SQLite gives its journals the mode of the database, whatever the umask. An empty file is an empty database. */
const isShared = '[ -f "$1" ] && [ -z "$(find "${1%/*}" -maxdepth 1 -type f -user "$(id -u)" ! -perm 660)" ]';

const share = 'umask 007; : >>"$1"; find "${1%/*}" -maxdepth 1 -type f -user "$(id -u)" -exec chmod 660 {} +';
