import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A Django project of a few lines, for tests that need to change it. */
export class TinyProject {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes one whose front page says `word`. */
  static async make(word: string): Promise<TinyProject> {
    const project = new TinyProject(await mkdtemp('/tmp/tiny-'));
    await project.write({
      'requirements.txt': 'Django>=5.2,<5.3\n',
      'manage.py': `import os, sys\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n`,
      'tiny/__init__.py': '',
      'tiny/settings.py': settings,
      'tiny/wsgi.py': `import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "tiny.settings")\napplication = get_wsgi_application()\n`,
      'tiny/urls.py': `from django.urls import path\nfrom tiny import views\nurlpatterns = [path("", views.front), path("health/", views.health), path("rows/", views.rows)]\n`,
      'notes/__init__.py': '',
      'notes/models.py':
        'from django.db import models\n\n\nclass Note(models.Model):\n    text = models.CharField(max_length=200)\n    mood = models.CharField(max_length=20, default="calm")\n',
      'notes/migrations/__init__.py': '',
      'notes/migrations/0001_initial.py': migration(
        'initial = True',
        '[]',
        'migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=200)), ("mood", models.CharField(max_length=20, default="calm"))])',
      ),
      'notes/static/notes/site.css': 'body { color: #123456 }\n',
    });
    await project.say(word);
    return project;
  }

  /** The front page says another word from the next release on; with `broken` it answers whoever asks first, the gate, and then 500. */
  async say(word: string, options: { readonly broken?: boolean } = {}): Promise<void> {
    await this.write({
      'tiny/views.py': `from django.http import HttpResponse\nfrom notes.models import Note\n\n\ndef front(request):\n    ${options.broken === true ? onceAsked(word) : ''}return HttpResponse("${word}")\n\n\ndef health(request):\n    return HttpResponse("ok")\n\n\ndef rows(request):\n    Note.objects.create(text="one")\n    return HttpResponse(str(Note.objects.count()))\n`,
    });
  }

  /** Adds a migration with one operation, in Python. */
  async migrate(name: string, after: string, operation: string): Promise<void> {
    await this.write({ [`notes/migrations/${name}.py`]: migration('', `[("notes", "${after}")]`, operation) });
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(this.folder, name)), { recursive: true });
      await writeFile(join(this.folder, name), content);
    }
  }
}

/** Lines of a view that fails as soon as another one has been answered: /tmp is the site's own, for all its processes. */
function onceAsked(word: string): string {
  const asked = `Path("/tmp/asked-${word}")`;
  return `from pathlib import Path\n    if ${asked}.exists():\n        raise RuntimeError("broken")\n    ${asked}.touch()\n    `;
}

function migration(extra: string, dependencies: string, operation: string): string {
  return `from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    ${extra === '' ? 'atomic = True' : extra}\n    dependencies = ${dependencies}\n    operations = [${operation}]\n`;
}

const settings = `from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "tiny"
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ["django.contrib.staticfiles", "notes"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "tiny.urls"
WSGI_APPLICATION = "tiny.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
`;
