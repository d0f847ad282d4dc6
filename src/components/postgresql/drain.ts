import type { Place } from '../place.ts';
import { superuser } from './names.ts';
import { paths, program } from './paths.ts';

/** How long transactions that are under way may go on once the server is to stop. Connections that are refused wait longer than this. */
const drainSeconds = 5;

/** The server's own shell sends it: another process may know the server by another number. */
function signal(name: string): string {
  return `COPY (SELECT) TO PROGRAM 'kill -${name} "$(head -n 1 postmaster.pid)"'`;
}

/**
 * Sessions between two transactions end at once, the others when theirs has ended. `pg_stat_activity` stays the same within a
 * transaction unless it is asked to forget.
 */
const endSessions = `DO $$
DECLARE
  latest timestamptz := clock_timestamp() + interval '${drainSeconds} s';
BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND state = 'idle' AND state_change < clock_timestamp() - interval '50 ms';
    EXIT WHEN clock_timestamp() > latest OR NOT EXISTS (
      SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid());
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$`;

/**
 * Before the server is stopped: it takes no new sessions ('smart'), those that do nothing are ended, and what is left after some
 * seconds is cut off ('fast'). Whoever connects meanwhile is refused and tries again.
 */
export function drain(chosen: { readonly version: string }, place: Place) {
  return {
    command: [
      program(chosen, place, 'psql'),
      '--no-psqlrc',
      '--quiet',
      `--host=${paths(place).socketFolder}`,
      `--username=${superuser}`,
      `--dbname=${superuser}`,
      `--command=${signal('TERM')}`,
      `--command=${endSessions}`,
      `--command=${signal('INT')}`,
    ],
    timeoutSeconds: drainSeconds + 5,
  } as const;
}
