import type { Override } from '../facts.ts';

/** A file of ours in a release's virtualenv: `source` is relative to Roadie's `python/`, `target` to the virtualenv's site-packages. */
export type InstalledFile = { readonly source: string; readonly target: string };

/** What every release's site-packages gets. The `.pth` has the interpreter import the overlay before anything else runs. */
export const sitePackagesFiles: readonly InstalledFile[] = [
  { source: 'roadie_overlay.py', target: 'roadie_overlay.py' },
  { source: 'roadie_overlay.pth', target: 'roadie_overlay.pth' },
  { source: 'roadie_database.py', target: 'roadie_database.py' },
  { source: 'roadie_entry.py', target: 'roadie_entry.py' },
  { source: 'roadie_errors.py', target: 'roadie_errors.py' },
  { source: 'roadie_wsgi.py', target: 'roadie_wsgi.py' },
  { source: 'roadie_asgi.py', target: 'roadie_asgi.py' },
  { source: 'roadie_gunicorn.py', target: 'roadie_gunicorn.py' },
  { source: 'roadie_gunicorn_settings.py', target: 'roadie_gunicorn_settings.py' },
  { source: 'roadie_queue.py', target: 'roadie_queue.py' },
  { source: 'roadie_rq.py', target: 'roadie_rq.py' },
  { source: 'roadie_db_worker.py', target: 'roadie_db_worker.py' },
  { source: 'roadie_process_tasks.py', target: 'roadie_process_tasks.py' },
];

/** The variable from which `roadie_wsgi` and `roadie_asgi` learn which application they stand for: `package.module:name`. */
export const applicationVariable = 'ROADIE_APPLICATION';

/**
 * A variable by which the overlay runs a statement on each new connection of Django to databases of one vendor (what Django
 * calls it: `mysql`), for a process whose driver takes no options from its environment.
 */
export function onEachConnection(vendor: string, statement: string): Readonly<Record<string, string>> {
  return { ROADIE_ON_CONNECTION: JSON.stringify({ [vendor]: statement }) };
}

/** Where the overlay looks: `overlay.json` beside the virtualenv, so `releases/ID/overlay.json` for `releases/ID/venv`. */
export const overlayFileName = 'overlay.json';

/**
 * How long a process waits for a database that refuses connections because it restarts, in seconds, unless the owner says otherwise.
 * Less than it takes until a web server that asks the database in its health route counts as hung.
 */
export const standardDatabaseWaitSeconds = 10;

/**
 * The content of {@link overlayFileName}. `setting` is a dotted path (`DATABASES.default.NAME`; numbers are places in a list); a
 * value `{ merge: {…} }` changes only the keys it names, with `without: […]` beside it those keys go first, `{ append: […] }` adds
 * to a list, and `{ systemUser: true }` is the name of whoever runs the program. With `databaseWaitSeconds` connections are waited
 * for (`roadie_database.py`). It holds secrets: 0640.
 */
export function overlayContent(
  settingsModule: string,
  overrides: readonly Override[],
  databaseWaitSeconds = 0,
): string {
  const content = {
    version: 1,
    settings: settingsModule,
    overrides: overrides.map(({ setting, value }) => ({ path: setting.split('.'), value })),
    ...(databaseWaitSeconds > 0 && { database: { wait_seconds: databaseWaitSeconds } }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
