import { expect, test } from 'vitest';

import { folderFor, isOwnFolder } from './folders.ts';

test.each([
  ['DATA_DIR', true, undefined],
  ['FORUM_UPLOAD_ROOT', true, undefined],
  ['DATA_DIR', false, '/data'],
  ['LOG_DIR', false, '/var/log/forum'],
])('%s (required: %s, default %s) is a folder of the site', (name, required, fallback) => {
  expect(isOwnFolder({ name, required, ...(fallback !== undefined && { fallback }) })).toBe(true);
});

test.each([
  ['BASE_DIR', true, undefined],
  ['TEMPLATE_DIR', true, undefined],
  ['DATA_DIR', false, 'data'],
  ['DATA_DIR', false, undefined],
  ['DATA_DIR', false, '/usr/share/forum'],
  ['DATABASE_URL', true, undefined],
])('%s (required: %s, default %s) is none', (name, required, fallback) => {
  expect(isOwnFolder({ name, required, ...(fallback !== undefined && { fallback }) })).toBe(false);
});

test('it lies in the data of the site, by its name', () => {
  expect(folderFor({ name: 'DATA_DIR' }, '/data/files')).toBe('/data/files/data_dir');
});
