import { join } from 'node:path';

import type { Place } from '../place.ts';
import { superuser } from './names.ts';
import { paths, program } from './paths.ts';

/** How long transactions that are under way may go on once the server is to stop. Connections that are refused wait longer than this. */
const drainSeconds = 5;

/** How long a session must have done nothing to be ended: longer than a request pauses between two statements. */
const idleMilliseconds = 500;

/** Runs in the server's own shell, in its data folder: another process may know the server by another number. */
function shell(script: string): string {
  return `COPY (SELECT) TO PROGRAM '${script.replaceAll("'", "''")}'`;
}

/**
 * Sessions of nobody are ended, the others when they have come to their end. `pg_stat_activity` stays the same within a transaction
 * unless it is asked to forget.
 */
const endSessions = `DO $$
DECLARE
  latest timestamptz := clock_timestamp() + interval '${drainSeconds} s';
BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND state = 'idle' AND state_change < clock_timestamp() - interval '${idleMilliseconds} ms';
    EXIT WHEN clock_timestamp() > latest OR NOT EXISTS (
      SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid());
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$`;

/**
 * Before the server is stopped: a file beside its socket has clients close what they keep open (`roadie_database.py`), it takes no
 * new sessions ('smart'), those that do nothing are ended, and what is left after some seconds is cut off ('fast'). Whoever connects
 * meanwhile is refused and tries again.
 */
export function drain(chosen: { readonly version: string }, place: Place) {
  const { socketFolder } = paths(place);
  const stopping = `'${join(socketFolder, 'stopping').replaceAll("'", `'\\''`)}'`;
  const kill = (signal: string): string => `kill -${signal} "$(head -n 1 postmaster.pid)"`;
  return {
    command: [
      program(chosen, place, 'psql'),
      '--no-psqlrc',
      '--quiet',
      `--host=${socketFolder}`,
      `--username=${superuser}`,
      `--dbname=${superuser}`,
      `--command=${shell(`touch ${stopping}; ${kill('TERM')}`)}`,
      `--command=${endSessions}`,
      `--command=${shell(`rm -f ${stopping}; ${kill('INT')}`)}`,
    ],
    timeoutSeconds: drainSeconds + 5,
  } as const;
}
