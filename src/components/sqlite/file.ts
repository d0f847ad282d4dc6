import { join } from 'node:path';

import type { Place } from '../place.ts';

/** Where the database of a site is. */
export function databaseFile(place: Place): string {
  return join(place.folders.data, 'sqlite', 'db.sqlite3');
}
