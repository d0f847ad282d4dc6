import { expect, test } from 'vitest';

import { exampleOf } from './example-settings.ts';

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
