import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, must, requireRoot } from '../rig/box.ts';
import { GitRepository } from '../rig/git-repository.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const settings = `
import os

from decouple import Csv, config
from environs import env
from pydantic_settings import BaseSettings, SettingsConfigDict

from tiny.local_settings import OWNER
from tiny.parsing import several
from tiny.reading import setting


class Shop(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_")

    allowed_hosts: list[str]
    page_size: int = 20
    export_dir: Path


shop = Shop()
SECRET_KEY = env("SECRET_KEY")
SITE_TITLE = env("SITE_TITLE", "A shop")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = shop.allowed_hosts
# What parses it lies elsewhere: nothing here shows that it is JSON.
CSRF_TRUSTED_ORIGINS = several(env.str("CSRF_TRUSTED_ORIGINS"))
SECURE_REDIRECT_EXEMPT = config("SECURE_EXEMPT", default="^health/", cast=Csv())
DATABASES["default"]["NAME"] = setting("DB_NAME")
DATABASES["default"]["PORT"] = env.int("DB_PORT")
with env.prefixed("SHOP_"):
    INDEX = env.path("DATA_DIR") / "index"
INDEX.mkdir(exist_ok=True)
EXPORTS = shop.export_dir
MEDIA_ROOT = env.str("MEDIA_DIR", str(BASE_DIR / "media"))
os.makedirs(os.path.join(MEDIA_ROOT, "incoming"), exist_ok=True)
`;

const files = {
  'requirements.txt': 'Django>=5.2,<5.3\nenvirons==14.5.0\npython-decouple==3.8\npydantic-settings==2.10.1\n',
  '.gitignore': 'tiny/local_settings.py\n*.log\n',
  'debug.log': 'nothing for a release',
  'tiny/local_settings.example.py': 'OWNER = "fill in"\n',
  'tiny/local_settings.py': 'OWNER = "somebody"\n',
  'tiny/parsing.py': 'import json\n\n\ndef several(text):\n    return json.loads(text)\n',
  'tiny/reading.py': 'import os\n\n\ndef setting(name):\n    return os.environ[f"TINY_{name}"]\n',
  'tiny/views.py': `import json
from django.conf import settings
from django.http import HttpResponse


def front(request):
    (settings.INDEX / "one").write_text("indexed")
    (settings.EXPORTS / "all.csv").write_text("a,b")
    names = ("OWNER", "SITE_TITLE", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
    return HttpResponse(json.dumps({name: getattr(settings, name) for name in names}))


def health(request):
    return HttpResponse("ok")


rows = health
`,
};

/** One site whose settings read the environment in every way but Django's own. */
describe('settings that read the environment through libraries', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;
  let said: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('reads');
    domain = `${site}.localhost`;
    project = await TinyProject.make('front');
    await project.write({ ...files, 'tiny/settings.py': `${await project.read('tiny/settings.py')}${settings}` });
    execFileSync('git', ['init', '--quiet'], { cwd: project.folder });
    said = must(await box.up(project.folder, site, '--yes'));
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('go live with values in the form that each of them takes, and with their own defaults', async () => {
    const page = await box.get(domain, '/');
    expect(page.status).toBe(200);
    expect(JSON.parse(page.body)).toEqual({
      OWNER: 'somebody',
      SITE_TITLE: 'A shop',
      DEBUG: false,
      ALLOWED_HOSTS: [domain, '127.0.0.1', 'localhost'],
      CSRF_TRUSTED_ORIGINS: [`https://${domain}:${box.ports.https}`],
    });
  });

  test("have folders of the site's data where they name one, for the build as for the site", async () => {
    expect(said).toContain('shop_data_dir/ (SHOP_DATA_DIR in tiny/settings.py:');
    const data = join(box.folder, 'base/sites', site, 'data');
    const kept = join(data, 'files');
    expect(await readdir(join(data, 'media'))).toEqual(['incoming']);
    expect(await readdir(join(kept, 'shop_data_dir/index'))).toEqual(['one']);
    expect(await readdir(join(kept, 'shop_export_dir'))).toEqual(['all.csv']);
  });

  test("have their owner's own file although git ignores it, and nothing else that it ignores", async () => {
    expect(said).toContain('tiny/local_settings.py goes along, although git ignores it');
    const code = join(box.folder, 'base/sites', site, 'current/code');
    expect(await readdir(code)).not.toContain('debug.log');
  });

  test('are asked at once for what only the owner knows, and for nothing that has a default', async () => {
    const extra = `
class Payment(BaseSettings):
    payment_key: str
    payment_host: str = "pay.example.com"


def payment():
    return Payment()


PAYMENT = payment()
API_TOKEN = env.str("API_TOKEN")
MAPS_KEY = env("MAPS_KEY", None)
`;
    await project.write({ 'tiny/settings.py': `${await project.read('tiny/settings.py')}${extra}` });
    const refused = await box.up(project.folder, site, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.all).toContain(`roadie env set ${site} API_TOKEN=…`);
    expect(refused.all).toContain('They seem to need these as well: PAYMENT_KEY');
    expect(refused.all).not.toContain('PAYMENT_HOST');
    expect(refused.all).not.toContain('MAPS_KEY=');
    must(await box.roadie(['env', 'set', site, 'API_TOKEN=t']));
    const again = await box.up(project.folder, site, '--yes');
    expect(again.all).toContain(`roadie env set ${site} PAYMENT_KEY=…`);
    expect((await box.get(domain, '/')).status).toBe(200);
  });

  test('that choke on a value of ours in every form are refused with the name of the variable', async () => {
    await project.write({ 'tiny/parsing.py': 'def several(text):\n    raise ValueError("no origins like these")\n' });
    must(await box.roadie(['env', 'set', site, 'PAYMENT_KEY=p']));
    const refused = await box.up(project.folder, site, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.all).toContain('perhaps for the value that Roadie gave for CSRF_TRUSTED_ORIGINS');
    expect(refused.all).toContain(`roadie env set ${site} CSRF_TRUSTED_ORIGINS=…`);
  });
});

/** A repository whose settings are there only as an example, with a key that has to be long. */
describe('settings that are committed only as an example', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  const page = async (): Promise<string> => (await box.get(`${site}.localhost`, '/')).body;
  const made = 'tiny/settings.py';
  const owned = 'tiny/private.py';

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('made');
    project = await TinyProject.make('front');
    const settings = (await project.read(made)).replace('SECRET_KEY = "tiny"', 'SECRET_KEY = "<your key>"  # long');
    await rm(join(project.folder, made));
    await project.write({
      '.gitignore': `${made}\n${owned}\n`,
      'tiny/settings.example.py': `${settings}
from tiny.private import MAPS_KEY

OWNER = "nobody"
MAPS_TOKEN = "<your token>"
if len(SECRET_KEY) < 50:
    raise ValueError("SECRET_KEY must have 50 characters")
`,
      'tiny/views.py': `from django.conf import settings
from django.http import HttpResponse


def front(request):
    return HttpResponse(f"{settings.OWNER} {len(settings.SECRET_KEY)}")


health = rows = front
`,
    });
    GitRepository.make(project.folder);
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
    await rm(`${project.folder}.git`, { recursive: true, force: true });
  });

  test('and a file that has not even that can be given before the first `up`', async () => {
    const key = join(box.folder, 'private.py');
    await writeFile(key, 'MAPS_KEY = "k"\n');
    const put = ['file', 'put', site, owned, key];
    expect((await box.roadie(put)).all).toContain(`There is no site '${site}'`);
    must(await box.roadie([...put, '--source', `file://${project.folder}.git`]));
    expect(must(await box.roadie(['file', 'list', site]))).toContain(owned);
  });

  test("are made from it, in the site's data and not in the checkout", async () => {
    const said = must(await box.up(`file://${project.folder}.git`, site, '--yes'));
    expect(said).toContain('tiny/settings.py is made from tiny/settings.example.py');
    expect(said).toContain("MAPS_TOKEN ('<your token>'");
    expect(await page()).toBe('nobody 64');
    const kept = join(box.folder, 'base/sites', site, 'data/own', made);
    expect((await stat(kept)).mode & 0o777).toBe(0o640);
    expect(await readdir(join(project.folder, 'tiny'))).not.toContain('settings.py');
    expect(must(await box.up(`file://${project.folder}.git`, site, '--yes'))).toContain('Nothing to change');
  });

  test('are their owner’s from then on: `file put` brings others live, and what fails changes nothing', async () => {
    const kept = join(box.folder, 'base/sites', site, 'data/own', made);
    const mine = join(project.folder, 'mine.py');
    await writeFile(mine, (await readFile(kept, 'utf8')).replace('"nobody"', '"somebody"'));
    const said = must(await box.roadie(['file', 'put', site, made, mine]));
    expect(said).toContain('a new release with that is live');
    expect(await page()).toBe('somebody 64');
    expect(JSON.parse(must(await box.roadie(['file', 'list', site, '--json'])))).toMatchObject({
      site,
      files: [{ path: owned }, { path: made }],
    });
    await writeFile(mine, 'raise ValueError("no settings")');
    const refused = await box.roadie(['file', 'put', site, made, mine]);
    expect(refused.all).toContain('no settings');
    expect(await readFile(kept, 'utf8')).toContain('somebody');
    expect(await page()).toBe('somebody 64');
  });

  test('are made anew when they are removed, and can be had back', async () => {
    const said = must(await box.roadie(['file', 'remove', site, made]));
    expect(await page()).toBe('nobody 64');
    const trash = /What was there before: (.+)/.exec(said)?.[1] ?? '';
    expect(await readFile(trash, 'utf8')).toContain('somebody');
  });
});
