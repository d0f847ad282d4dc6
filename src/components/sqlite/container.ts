import type { ContainerFacet } from '../container.ts';
import { databaseFile } from './file.ts';

/** A file on the volume of the site's data: nothing runs. */
export const sqliteContainer: ContainerFacet<unknown> = {
  bringData: (_options, place) => ({
    file: 'a copy of the database by `sqlite3 FILE ".backup db.sqlite3"`, `db.sqlite3`',
    commands: [
      `docker compose run --rm --no-deps --no-TTY --entrypoint sh web -c 'cat > ${databaseFile(place)}' < db.sqlite3`,
    ],
  }),
};
