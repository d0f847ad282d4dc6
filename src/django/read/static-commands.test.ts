import { expect, test } from 'vitest';

import { preparesStatic } from './static-commands.ts';

test.each([
  ['compile_themes', true],
  ['compilescss', true],
  ['build_assets', true],
  ['generate_admin_css', true],
  ['update_bundles', true],
  ['initdb', false],
  ['build_index', false],
  ['update_index', false],
  ['generate_reports', false],
  ['compress', false],
])('`%s` is run before static files are collected: %s', (command, before) => {
  expect(preparesStatic(['python', 'manage.py', command])).toBe(before);
});

test('only management commands are told by their names', () => {
  expect(preparesStatic(['compile_themes'])).toBe(false);
});
