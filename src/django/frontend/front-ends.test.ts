import { describe, expect, it } from 'vitest';

import type { Config } from '../../config/config.ts';
import type { ProjectScan, SettingsScan } from '../read/scan.ts';
import { findFrontEnds } from './front-ends.ts';

const scripts = (names: Readonly<Record<string, string>>, more: object = {}): string =>
  JSON.stringify({ scripts: names, ...more });

type Project = {
  readonly texts: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly paths?: Readonly<Record<string, string>>;
  readonly apps?: readonly string[];
  readonly assigned?: Readonly<Record<string, unknown>>;
  readonly config?: Config;
  readonly root?: string;
};

/** `FOLDER: COMMANDS on Node VERSION (EVIDENCE)` of each. */
function told({
  texts,
  files = [],
  paths = {},
  apps = [],
  assigned = {},
  config = {},
  root = '.',
}: Project): readonly string[] {
  const place = { file: 'proj/settings.py', line: 5, conditional: false };
  const settings = {
    paths: Object.entries(paths).map(([path, setting]) => ({ path, setting, ...place })),
    installedApps: apps.map((value) => ({ value, ...place })),
    assigned: Object.fromEntries(Object.entries(assigned).map(([name, value]) => [name, { value, ...place }])),
  } as unknown as SettingsScan;
  const scan = { folder: '/project', texts, files: [...Object.keys(texts), ...files] } as unknown as ProjectScan;
  const found = findFrontEnds(scan, root, settings, config);
  if (!found.ok) return found.problems.map(({ summary }) => summary);
  return found.value.map(
    ({ value, because }) =>
      `${value.folder}: ${[value.install, ...value.commands].map((words) => words.join(' ')).join(', ')} on Node ${value.node.value} (${because.says})${value.optional === true ? ', perhaps' : ''}`,
  );
}

describe('whether a front end is to be built', () => {
  it('builds nothing where nothing calls for it', () => {
    expect(told({ texts: { 'package.json': scripts({ lint: 'eslint .', build: 'tsc' }) } })).toEqual([]);
  });

  it('hears the stage of a Dockerfile that builds, wherever it lies in the image', () => {
    const dockerfile = `FROM node:20-alpine AS assets
WORKDIR /src
COPY frontend/package*.json ./
RUN npm ci
COPY frontend .
RUN npm run lint && \\
    npm run build
FROM python:3.12
COPY --from=assets /src/dist /app/static
CMD ["gunicorn", "proj.wsgi"]`;
    const texts = {
      Dockerfile: dockerfile,
      'frontend/package.json': scripts({ build: 'vite build', lint: 'eslint .' }),
      'docs/package.json': scripts({ build: 'vitepress build' }),
    };
    expect(told({ texts, files: ['frontend/package-lock.json'] })).toEqual([
      'frontend: npm ci, npm run build on Node 20 (Dockerfile:6)',
    ]);
  });

  it('hears programs of the project itself, in its image of Node, as they are run for production', () => {
    const Dockerfile = `FROM node:24 AS assets
WORKDIR /app/assets
COPY assets/package.json assets/*yarn* ./
RUN yarn install
COPY . ..
RUN if [ "\${NODE_ENV}" != "development" ]; then \\
  ../run build:js && node css.mjs && ../elsewhere && node -e "x"; else mkdir -p public; fi
FROM python:3.14`;
    const texts = { Dockerfile, 'assets/package.json': scripts({}, { dependencies: { esbuild: '^1' } }) };
    const files = ['run', 'assets/css.mjs', 'assets/yarn.lock'];
    expect(told({ texts, files })).toEqual([
      'assets: yarn install --frozen-lockfile, ../run build:js, node css.mjs on Node 24 (Dockerfile:6)',
    ]);
    expect(told({ texts: { ...texts, Dockerfile: Dockerfile.replace('!=', '=') }, files })).toEqual([]);
  });

  it('hears a bundler without a script, and takes the Dockerfile for production', () => {
    const texts = {
      Dockerfile: 'FROM python:3\nRUN npm run build',
      'docker/prod/Dockerfile': `ARG NODE=22-slim
FROM node:$NODE AS assets
ENV NODE_OPTIONS=--openssl-legacy-provider UV_LINK_MODE=copy
WORKDIR /web
COPY web .
RUN npm ci && node node_modules/webpack/bin/webpack.js --config prod.js && npx tailwindcss -i a -o b
FROM python:3`,
      'web/package.json': scripts({ build: 'webpack' }),
    };
    expect(told({ texts })).toEqual([
      'web: npm install, node node_modules/webpack/bin/webpack.js --config prod.js, npx tailwindcss -i a -o b on Node 22 (docker/prod/Dockerfile:6)',
    ]);
  });

  it('gives a script the programs that the image installs for everybody, where the package itself asks for none', () => {
    const texts = {
      Dockerfile: `FROM python:3.12
RUN apt-get install -y npm && npm install -g npm@10 sass@1.77 && npm install --global @vue/cli postcss
COPY . .
RUN npm ci --production && npm run build:css && npm run pack`,
      'package.json': scripts(
        { 'build:css': 'sass a.scss b.css', pack: 'rollup -c' },
        { devDependencies: { postcss: '^8' } },
      ),
    };
    expect(told({ texts, files: ['package-lock.json'] })).toEqual([
      '.: npm ci --omit=dev, npx --yes --package sass@1.77 --package @vue/cli npm run build:css, npx --yes --package sass@1.77 --package @vue/cli npm run pack on Node 24 (Dockerfile:4)',
    ]);
  });

  it('leaves alone what a document builds outside of the folder of Django', () => {
    const texts = { 'README.md': 'cd web && npm run build', 'web/package.json': scripts({ build: 'vite build' }) };
    expect(told({ texts, root: 'backend' })).toEqual([]);
  });

  it('does not mind an image for developers, or one that serves a front end without Django', () => {
    const texts = {
      'Dockerfile.dev': 'FROM python:3\nRUN npm run build',
      'frontend/Dockerfile': 'FROM node:20\nRUN npm run build\nFROM nginx',
      'frontend/package.json': scripts({ build: 'vite build' }),
    };
    expect(told({ texts })).toEqual([]);
  });

  it.each([
    ['Procfile', 'release: npm run build && python manage.py migrate', 'Procfile:1'],
    ['app.json', '{"buildpacks": [\n{"url": "heroku/nodejs"}]}', 'app.json:2'],
    ['render.yaml', 'services:\n  - buildCommand: pip install . && npm ci && npm run build', 'render.yaml:2'],
  ])('hears %s', (file, text, says) => {
    const texts = { [file]: text, 'package.json': scripts({ build: 'vite build' }) };
    expect(told({ texts })).toEqual([`.: npm install, npm run build on Node 24 (${says})`]);
  });

  it('takes heroku-postbuild for what it is', () => {
    const texts = { 'package.json': scripts({ 'heroku-postbuild': 'webpack' }) };
    expect(told({ texts })[0]).toMatch(/npm run heroku-postbuild/);
  });

  it('builds what the settings look for and nobody has committed', () => {
    const texts = { 'frontend/package.json': scripts({ build: 'vite build' }) };
    const paths = { 'frontend/dist': 'STATICFILES_DIRS' };
    expect(told({ texts, paths })).toEqual([
      'frontend: npm install, npm run build on Node 24 (STATICFILES_DIRS in proj/settings.py:5 names frontend/dist, which is not there)',
    ]);
    expect(told({ texts, paths, files: ['frontend/dist/index.html'] })).toEqual([]);
  });

  it('finds the package that makes a folder beside it by its configuration, and only then', () => {
    const paths = { 'proj/static/bundles': 'STATICFILES_DIRS' };
    const texts = { 'package.json': scripts({ build: 'webpack' }) };
    expect(told({ texts, paths })).toEqual([]);
    const configured = { ...texts, 'webpack.config.js': "output: {path: './proj/static/bundles'}" };
    expect(told({ texts: configured, paths })).toHaveLength(1);
  });

  it('only installs where the settings name packages', () => {
    const texts = { 'package.json': scripts({ build: 'x' }) };
    expect(told({ texts, paths: { 'node_modules/bootstrap/dist': 'STATICFILES_DIRS' } })).toEqual([
      '.: npm install on Node 24 (STATICFILES_DIRS in proj/settings.py:5 names node_modules/bootstrap/dist, which is not there)',
    ]);
  });

  describe('with a finder of static files that looks among installed packages', () => {
    const needs = { dependencies: { bulma: '^1' } };
    const finders = ['npm.finders.NpmFinder', 'django.contrib.staticfiles.finders.FileSystemFinder'];
    const texts = { 'package.json': scripts({}, needs), 'proj/package.json': scripts({}, needs) };

    it('installs them where it is told to look', () => {
      const assigned = { STATICFILES_FINDERS: finders, NPM_ROOT_PATH: '../' };
      const files = ['package-lock.json'];
      expect(told({ texts, files, root: 'proj', assigned })).toEqual([
        '.: npm ci on Node 24 (npm.finders.NpmFinder in proj/settings.py:5 looks in node_modules, which is not there)',
      ]);
      expect(told({ texts, files: ['node_modules/bulma/a.css'], root: 'proj', assigned })).toEqual([]);
      expect(told({ texts, root: '.', assigned, paths: { proj: 'NPM_ROOT_PATH' } })[0]).toMatch(
        /^proj: npm install on/,
      );
    });

    it('looks where Django runs unless told otherwise, and minds no finders of other things', () => {
      const assigned = { STATICFILES_FINDERS: finders };
      expect(told({ texts, root: 'proj', assigned })[0]).toMatch(/^proj: npm install on/);
      expect(told({ texts, assigned: { STATICFILES_FINDERS: finders.slice(1) } })).toEqual([]);
    });
  });

  describe('where an image installs packages and builds nothing', () => {
    const Dockerfile = `FROM python:3.12
WORKDIR /usr/src/proj
COPY package.json package-lock.json ../
RUN apk add npm && npm i -P --prefix .. && pip install -r requirements.txt
COPY proj .`;

    it('installs them, if there are any but for development', () => {
      const texts = { Dockerfile, 'package.json': scripts({ build: 'x' }, { dependencies: { bulma: '^1' } }) };
      expect(told({ texts })).toEqual(['.: npm install --omit=dev on Node 24 (Dockerfile:4)']);
      const development = scripts({}, { devDependencies: { prettier: '^3' } });
      expect(told({ texts: { Dockerfile, 'package.json': development } })).toEqual([]);
    });

    it('minds only those of the image that runs in the end', () => {
      const pack = { 'package.json': scripts({ build: 'x' }, { dependencies: { bulma: '^1' } }) };
      const stages = (last: string): string => `FROM python:3.12 AS base
FROM base AS dev
RUN npm ci
FROM ${last}
CMD ["gunicorn", "proj.wsgi"]`;
      expect(told({ texts: { Dockerfile: stages('base'), ...pack } })).toEqual([]);
      expect(told({ texts: { Dockerfile: stages('dev'), ...pack } })).toHaveLength(1);
    });

    it('does not take it for the whole of what is to be done', () => {
      const texts = {
        Dockerfile: `${Dockerfile}\nRUN npm install -g sass\nRUN npm run build`,
        'package.json': scripts({ build: 'x' }, { dependencies: { bulma: '^1' } }),
      };
      expect(told({ texts })[0]).toContain('npm run build on Node 24 (Dockerfile:7)');
    });
  });

  it('knows the theme of django-tailwind, unless its styles are committed', () => {
    const project = {
      texts: { 'theme/static_src/package.json': scripts({ build: 'postcss' }) },
      apps: ['tailwind'],
      assigned: { TAILWIND_APP_NAME: 'theme' },
    };
    expect(told(project)[0]).toMatch(/^theme\/static_src: npm install, npm run build/);
    expect(told({ ...project, files: ['theme/static/css/dist/styles.css'] })).toEqual([]);
  });

  it('knows that django-vite and webpack-loader need a manifest', () => {
    const texts = { 'package.json': scripts({ build: 'vite build' }) };
    expect(told({ texts, apps: ['django_vite'] })).toHaveLength(1);
    expect(told({ texts, apps: ['webpack_loader'], files: ['webpack-stats.json'] })).toEqual([]);
  });

  it('takes a document for less', () => {
    const texts = { 'README.md': 'Then:\n\n    npm run build\n', 'package.json': scripts({ build: 'vite build' }) };
    expect(told({ texts })).toEqual(['.: npm install, npm run build on Node 24 (README.md:3), perhaps']);
  });

  it('lets the owner decide', () => {
    const texts = {
      Dockerfile: 'FROM python:3\nRUN npm run build',
      'web/package.json': scripts({ build: 'vite build', all: 'x' }),
    };
    expect(told({ texts, config: { frontend: { build: false } } })).toEqual([]);
    expect(told({ texts, config: { frontend: { build: 'npm run all', node: '22' } } })).toEqual([
      "web: npm install, npm run all on Node 22 ([frontend] in Roadie's config)",
    ]);
    expect(told({ texts, config: { frontend: { folder: 'nowhere' } } })).toEqual([
      '[frontend] is in the config, and there is no nowhere/package.json',
    ]);
  });
});

describe('what installs the packages', () => {
  const calling = { 'proj/static/app': 'STATICFILES_DIRS' };
  const build = { 'package.json': scripts({ build: 'vite build --outDir proj/static/app' }) };

  it.each([
    [['package-lock.json'], 'npm ci, npm run build'],
    [['pnpm-lock.yaml'], 'pnpm install --frozen-lockfile, pnpm run build'],
    [['yarn.lock'], 'yarn install --frozen-lockfile, yarn run build'],
    [['yarn.lock', '.yarnrc.yml'], 'yarn install --immutable, yarn run build'],
  ])('%j', (files, words) => {
    expect(told({ texts: build, paths: calling, files })[0]).toContain(`.: ${words} on`);
  });

  it('takes the lock of the workspace above', () => {
    const texts = {
      'package.json': scripts({}, { workspaces: ['web'], packageManager: 'pnpm@9.1.0+sha512.aa' }),
      'web/package.json': scripts({ build: 'vite build' }),
    };
    const found = told({ texts, paths: { 'web/dist': 'TEMPLATES' }, files: ['pnpm-lock.yaml'] });
    expect(found[0]).toMatch(/^web: pnpm install --frozen-lockfile, pnpm run build/);
  });
});

describe('the Node', () => {
  const paths = { 'web/dist': 'STATICFILES_DIRS' };
  it.each([
    [{ '.nvmrc': 'v18.17.0\n' }, {}, '18.17.0'],
    [{ 'web/.nvmrc': 'lts/iron' }, {}, '20'],
    [{ '.tool-versions': 'python 3.12\nnodejs 22.1.0' }, {}, '22.1.0'],
    [{}, { engines: { node: '>=18 <21' } }, '>=18 <21'],
    [{}, { volta: { node: '16.20.2' } }, '16.20.2'],
    [{}, { dependencies: { webpack: '^4.46.0' } }, '16'],
    [{ '.nvmrc': 'lts/*' }, {}, '24'],
  ])('%j %j', (texts, more, node) => {
    const all = { ...texts, 'web/package.json': scripts({ build: 'x' }, more) };
    expect(told({ texts: all, paths })[0]).toContain(` on Node ${node} (`);
  });
});
