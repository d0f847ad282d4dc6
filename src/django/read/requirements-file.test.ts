import { expect, test } from 'vitest';

import { readRequirements } from './requirements-file.ts';

test('options of one requirement are no part of it', () => {
  const text = [
    'psycopg2 --no-binary psycopg2  # built here',
    'Django==5.2.1 --hash=sha256:00aa --hash=sha256:11bb',
    'gunicorn>=23 --config-settings="--build-option=x"',
  ].join('\n');
  expect(readRequirements('requirements.txt', { 'requirements.txt': text })).toMatchObject([
    { name: 'psycopg2', specifier: '' },
    { name: 'django', specifier: '==5.2.1' },
    { name: 'gunicorn', specifier: '>=23' },
  ]);
});
