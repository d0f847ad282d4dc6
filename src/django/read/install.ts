import type { Override } from '../facts.ts';

/** A file of ours in a release's virtualenv: `source` is relative to Roadie's `python/`, `target` to the virtualenv's site-packages. */
export type InstalledFile = { readonly source: string; readonly target: string };

/** What every release's site-packages gets. The `.pth` has the interpreter import the overlay before anything else runs. */
export const sitePackagesFiles: readonly InstalledFile[] = [
  { source: 'roadie_overlay.py', target: 'roadie_overlay.py' },
  { source: 'roadie_overlay.pth', target: 'roadie_overlay.pth' },
  { source: 'roadie_entry.py', target: 'roadie_entry.py' },
  { source: 'roadie_wsgi.py', target: 'roadie_wsgi.py' },
  { source: 'roadie_asgi.py', target: 'roadie_asgi.py' },
  { source: 'roadie_gunicorn.py', target: 'roadie_gunicorn.py' },
  { source: 'roadie_gunicorn_settings.py', target: 'roadie_gunicorn_settings.py' },
  { source: 'roadie_processes.py', target: 'roadie_processes.py' },
  { source: 'roadie_daphne.py', target: 'roadie_daphne.py' },
  { source: 'roadie_granian.py', target: 'roadie_granian.py' },
  { source: 'roadie_rq.py', target: 'roadie_rq.py' },
];

/** The variable from which `roadie_wsgi` and `roadie_asgi` learn which application they stand for: `package.module:name`. */
export const applicationVariable = 'ROADIE_APPLICATION';

/** Where the overlay looks: `overlay.json` beside the virtualenv, so `releases/ID/overlay.json` for `releases/ID/venv`. */
export const overlayFileName = 'overlay.json';

/**
 * The content of {@link overlayFileName}. `setting` is a dotted path (`DATABASES.default.NAME`; numbers are places in a list); a
 * value `{ merge: {…} }` changes only the keys it names, `{ append: […] }` adds to a list. It holds secrets: 0640.
 */
export function overlayContent(settingsModule: string, overrides: readonly Override[]): string {
  return `${JSON.stringify({ version: 1, settings: settingsModule, overrides: overrides.map(({ setting, value }) => ({ path: setting.split('.'), value })) }, undefined, 2)}\n`;
}
