import { expect, test } from 'vitest';

import { environmentOrigins } from './environment-origins.ts';
import type { SiteRecord } from './record.ts';

test('variables are told apart by who gave them, without their values', () => {
  const record = {
    ownerEnvironment: { GREETING: 'canary' },
    blueprint: {
      ownerEnvironment: { GREETING: 'canary', LANGUAGE: 'canary' },
      facts: {
        environment: [
          { name: 'SECRET_KEY', purpose: 'secret-key', required: true, where: { file: 'shop/settings.py', line: 20 } },
        ],
        settingsModule: { value: 'shop.settings', because: { says: 'the default in manage.py' } },
      },
    },
  } as unknown as SiteRecord;
  const origins = environmentOrigins(record, [
    'GREETING',
    'LANGUAGE',
    'SECRET_KEY',
    'DJANGO_SETTINGS_MODULE',
    'PATH',
    'PYTHONUNBUFFERED',
  ]);
  expect(JSON.stringify(origins)).not.toContain('canary');
  expect(origins).toEqual({
    GREETING: { by: 'owner', because: '`roadie env set`' },
    LANGUAGE: { by: 'owner', because: "[environment] of the project's config" },
    SECRET_KEY: { by: 'roadie', because: 'read in shop/settings.py:20' },
    DJANGO_SETTINGS_MODULE: { by: 'roadie', because: 'the default in manage.py' },
    PATH: { by: 'roadie', because: 'programs of the live release' },
    PYTHONUNBUFFERED: { by: 'roadie', because: 'how the processes run' },
  });
});
