import { expect, test } from 'vitest';

import { configurationAmong } from './ignored.ts';

const listed = ['manage.py', 'shop/settings.py', 'shop/configuration_example.py'];

test.each(['.env', 'backend/.env', 'shop/local_settings.py', 'shop/configuration.py'])(
  "%s is the owner's configuration",
  (path) => {
    expect(configurationAmong([path], listed)).toEqual([path]);
  },
);

test.each(['.env/', 'node_modules/x/.env', 'shop/cache.py', 'db.sqlite3', 'shop/configuration.txt', '.env.bak'])(
  '%s stays ignored',
  (path) => {
    expect(configurationAmong([path], listed)).toEqual([]);
  },
);
