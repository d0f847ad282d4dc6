import type { Override } from '../facts.ts';

/**
 * What every release's site-packages gets of Roadie's `python/`, under the same names. The `.pth` has the interpreter import the
 * overlay before anything else runs.
 */
export const sitePackagesFiles: readonly string[] = [
  'roadie_overlay.py',
  'roadie_overlay.pth',
  'roadie_database.py',
  'roadie_celery.py',
  'roadie_entry.py',
  'roadie_errors.py',
  'roadie_writes.py',
  'roadie_wsgi.py',
  'roadie_asgi.py',
  'roadie_gunicorn.py',
  'roadie_gunicorn_settings.py',
  'roadie_gunicorn_gevent.py',
  'roadie_processes.py',
  'roadie_daphne.py',
  'roadie_granian.py',
  'roadie_queue.py',
  'roadie_rq.py',
  'roadie_db_worker.py',
  'roadie_process_tasks.py',
];

/** What the virtualenv in a container's image gets besides. */
export const containerPythonFiles: readonly string[] = [
  ...sitePackagesFiles,
  'roadie_secrets.py',
  'roadie_container.py',
  'roadie_fixtures.py',
  'load_missing.py',
  'compile_scss.py',
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
 * for (`roadie_database.py`), with `celeryUrl` Celery's applications are led there (`roadie_celery.py`). It holds secrets: 0640.
 */
export function overlayContent(
  settingsModule: string,
  overrides: readonly Override[],
  {
    databaseWaitSeconds = 0,
    celeryUrl,
  }: { readonly databaseWaitSeconds?: number; readonly celeryUrl?: string | undefined } = {},
): string {
  const content = {
    version: 1,
    settings: settingsModule,
    overrides: overrides.map(({ setting, value }) => ({ path: setting.split('.'), value })),
    ...(databaseWaitSeconds > 0 && { database: { wait_seconds: databaseWaitSeconds } }),
    ...(celeryUrl !== undefined && { celery: { url: celeryUrl } }),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
