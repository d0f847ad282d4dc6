import { expect, test } from 'vitest';

import { exampleOf, onlyExample } from './example-settings.ts';

test.each([
  'settings.example.py',
  'settings_example.py',
  'settings-sample.py',
  'example_settings.py',
  'settings.py.dist',
  'settings.py.template',
  'settings.py-sample',
])('site/%s is an example of site/settings.py', (name) => {
  expect(exampleOf('site/settings.py', ['site/urls.py', `site/${name}`])).toBe(`site/${name}`);
});

test.each([
  'site/local_settings.example.py',
  'other/settings.example.py',
  'site/settings_test.py',
  'site/settingsXexample.py',
])('%s is none', (file) => {
  expect(exampleOf('site/settings.py', [file])).toBeUndefined();
});

test.each([
  'RUN pip install . && cp -p docker/config.py settings/config.py; chmod +x x.sh',
  'COPY docker/config.py /app/settings/config.py',
  'COPY --chown=app ./docker/config.py settings/config.py',
])('what an image copies into the place of settings is their example: %s', (line) => {
  const texts = { Dockerfile: `FROM python:3.13\n${line}\n` };
  const scan = { files: ['docker/config.py', 'settings/config.py.example'], texts };
  const said = onlyExample(scan, 'settings/config.py', { file: 'Dockerfile' }, 'set in Dockerfile');
  expect(said?.example).toBe('docker/config.py');
  expect(onlyExample(scan, 'settings/other.py', { file: 'Dockerfile' }, '')).toBeUndefined();
});
