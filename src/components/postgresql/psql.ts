import type { Place } from '../place.ts';
import { superuser } from './names.ts';
import { paths, program } from './paths.ts';

/** psql as the superuser over the site's socket; without a statement it reads standard input. It stops at the first error. */
export function psql(
  chosen: { readonly version: string },
  place: Place,
  database: string,
  statement?: string,
): readonly [string, ...string[]] {
  return [
    program(chosen, place, 'psql'),
    '--no-psqlrc',
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    `--host=${paths(place).socketFolder}`,
    `--username=${superuser}`,
    `--dbname=${database}`,
    ...(statement === undefined ? ['--file=-'] : [`--command=${statement}`]),
  ];
}
