import { shellWord, typed } from '../../problems/shell-word.ts';
import type { Snapshot } from '../database-server.ts';
import type { Place } from '../place.ts';
import { databaseName } from './names.ts';
import { client } from './paths.ts';

/**
 * A dump of one moment, during which the site goes on (https://mariadb.com/kb/en/mariadb-dump/). It drops the database first:
 * else tables that a half-done migration has made would stay. Rights are kept apart from the database and outlive that.
 */
export function mariadbSnapshot(place: Place): Snapshot {
  const user = place.users.daemon;
  return {
    command: [
      ...client('mariadb-dump', place, user),
      '--single-transaction',
      '--quick',
      '--routines',
      '--events',
      '--triggers',
      '--hex-blob',
      '--default-character-set=utf8mb4',
      '--add-drop-database',
      '--databases',
      databaseName(place.site),
    ],
    restore: (file) => {
      const words = `${client('mariadb', place, user).map(typed).join(' ')} <${typed(file)}`;
      return user === 'root' ? `sudo sh -c ${shellWord(words)}` : words;
    },
  };
}
