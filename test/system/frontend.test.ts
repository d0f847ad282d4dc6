import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, must, requireRoot } from '../rig/box.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const packageFile = {
  name: 'web',
  version: '1.0.0',
  private: true,
  engines: { node: '>=18' },
  scripts: { build: 'mkdir -p dist && uglifyjs src/main.js --output dist/main.js && cp src/index.html dist/' },
  devDependencies: { 'uglify-js': '3.19.3' },
};

const lock = {
  name: 'web',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': packageFile,
    'node_modules/uglify-js': {
      version: '3.19.3',
      integrity: 'sha512-v3Xu+yuwBXisp6QYTcH4UbH+xYJXqnq2m/LtQVWKWzYc1iehYnLixoQDN9FH6/j9/oybfd6W9Ghwkl8+UMKTKQ==',
      dev: true,
      bin: { uglifyjs: 'bin/uglifyjs' },
    },
  },
};

const settings = `
FRONTEND = BASE_DIR.parent / "frontend"
STATICFILES_DIRS = [FRONTEND / "dist"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [FRONTEND / "dist"]}]
`;

const views = (word: string): string => `from django.http import HttpResponse
from django.shortcuts import render


def front(request):
    return render(request, "index.html")


def health(request):
    return HttpResponse("${word}")


rows = health
`;

const script = (word: string): string => `const unused = 1\n\nconsole.log(   "${word}"   )\n`;

/** A repository with frontend/ beside backend/, whose pages Django serves, and nothing that says so but its settings. */
describe('a front end that Django serves', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;
  let said: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    site = box.name('front');
    domain = `${site}.localhost`;
    project = await TinyProject.make('front');
    await project.write({ 'tiny/settings.py': `${await project.read('tiny/settings.py')}${settings}` });
    await mkdir(join(project.folder, 'backend'));
    for (const name of ['manage.py', 'requirements.txt', 'tiny', 'notes'])
      await rename(join(project.folder, name), join(project.folder, 'backend', name));
    await project.write({
      'backend/tiny/views.py': views('ok'),
      'frontend/package.json': JSON.stringify(packageFile),
      'frontend/package-lock.json': JSON.stringify(lock),
      'frontend/src/main.js': script('first'),
      'frontend/src/index.html': '<title>built</title>',
    });
    said = must(await box.up(project.folder, site, '--yes'));
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  const code = (): string => join(box.folder, 'base/sites', site, 'current/code');

  test('is built without an edit, and said beforehand', async () => {
    expect(said).toContain(
      'front end in frontend/: npm ci, npm run build (STATICFILES_DIRS in backend/tiny/settings.py:',
    );
    expect(said).toMatch(/Build the front end .*Node \d+\.\d+\.\d+, npm \d+/);
    const page = await box.get(domain, '/');
    expect(page.body).toBe('<title>built</title>');
    expect((await box.get(domain, '/static/main.js')).body).toContain('console.log("first")');
    // What it was built with is no part of the release.
    expect(await readdir(join(code(), 'frontend'))).toEqual(['dist', 'package-lock.json', 'package.json', 'src']);
  });

  test('is used again where only Python has changed', async () => {
    await project.write({ 'backend/tiny/views.py': views('changed') });
    const again = must(await box.up(project.folder, site, '--yes'));
    expect(again).toMatch(/Build the front end .*is used again/);
    expect((await box.get(domain, '/health/')).body).toBe('changed');
    expect((await box.get(domain, '/static/main.js')).body).toContain('console.log("first")');
    expect((await box.get(domain, '/')).body).toBe('<title>built</title>');
  });

  test("is refused with the bundler's own line where it does not build, and what was live serves on", async () => {
    await project.write({ 'frontend/src/main.js': 'const = broken\n' });
    const refused = await box.up(project.folder, site, '--yes');
    expect(refused.code).toBe(1);
    expect(refused.all).toContain('frontend-failed');
    expect(refused.all).toMatch(/`npm run build` in frontend\/ failed: Parse error at src\/main\.js:1/);
    expect((await box.get(domain, '/static/main.js')).body).toContain('console.log("first")');
  });

  test('is built anew where its sources have changed, and not at all where the owner wants none', async () => {
    await project.write({ 'frontend/src/main.js': script('second') });
    must(await box.up(project.folder, site, '--yes'));
    expect((await box.get(domain, '/static/main.js')).body).toContain('console.log("second")');
    expect(must(await box.roadie(['inspect', project.folder]))).toContain('frontend/: npm ci, npm run build');
    await project.write({ 'roadie.toml': '[frontend]\nbuild = false\n' });
    expect(must(await box.roadie(['inspect', project.folder]))).not.toContain('npm run build');
  });
});
