import { expect, test } from 'vitest';

import { codePathPattern } from './names.ts';

test.each([
  'local_settings.py',
  'netbox/netbox/configuration.py',
  '.env',
  'certs/ca.pem',
  'ein ordner/ä.py',
  '..a/b..c',
])('%j is a path in the code', (path) => expect(codePathPattern.test(path)).toBe(true));

test.each([
  '',
  '/etc/passwd',
  '../x.py',
  'a/../../x.py',
  'a/..',
  './x.py',
  'a//b.py',
  'a/',
  '.git/config',
  'sub/.git/hooks/post-checkout',
  'a/__pycache__/x.pyc',
  'a\\b',
  'a\nb',
  'a\0b',
  `${'a/'.repeat(200)}b`,
])('%j is none', (path) => expect(codePathPattern.test(path)).toBe(false));
