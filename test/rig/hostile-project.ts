import { readFile } from 'node:fs/promises';

import { TinyProject } from './tiny-project.ts';

/**
 * A project whose build attacks root: `collectstatic` starts processes in sessions of their own that exchange static files for
 * links to `file` and `folder` (see swapper.py), and live on for as long as they are let.
 */
export async function hostileProject(file: string, folder: string): Promise<TinyProject> {
  const project = await TinyProject.make('hostile');
  await project.write({
    'swapper.py': await readFile(new URL('swapper.py', import.meta.url), 'utf8'),
    'notes/apps.py': `import os, sys, tempfile
from django.apps import AppConfig


class NotesConfig(AppConfig):
    name = "notes"

    def ready(self):
        if "collectstatic" not in sys.argv:
            return
        import swapper
        from django.conf import settings
        spare = tempfile.mkdtemp(prefix="spare-", dir=os.environ["HOME"])
        os.makedirs(settings.STATIC_ROOT, exist_ok=True)
        swapper.attack(str(settings.STATIC_ROOT), spare, ${JSON.stringify(file)}, ${JSON.stringify(folder)}, 120)
`,
  });
  return project;
}

/** Another version of it, with other static files, so that its next release collects them anew. */
export function nextVersion(project: TinyProject, number: number): Promise<void> {
  return project.write({ 'notes/static/notes/site.css': `body { color: #${String(number).padStart(6, '0')} }\n` });
}
