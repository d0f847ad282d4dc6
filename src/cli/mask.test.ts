import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { mask } from './mask.ts';

describe('masking a variable', () => {
  test.each([
    ['SECRET_KEY', 'abc'],
    ['STRIPE_API_KEY', '12345'],
    ['EMAIL_HOST_PASSWORD', 'true'],
    ['SENTRY_DSN', 'https://public@sentry.example/1'],
    ['GREETING', 'hello world'],
    ['ANYTHING', '0123456789'],
    ['MULTILINE', '/etc/passwd\nsecret'],
    ['DB_AUTH', '/a'],
  ])('hides %s=%s whole', (name, value) => {
    expect(mask(name, value)).toEqual({ value: '********', masked: true });
  });

  test.each([
    ['DEBUG', 'False'],
    ['WEB_CONCURRENCY', '4'],
    ['DJANGO_SETTINGS_MODULE', 'forum.settings'],
    ['STATIC_ROOT', '/srv/static'],
    ['ALLOWED_HOSTS', 'a.example,b.example'],
    ['EMPTY_SECRET', ''],
    ['DATABASE_URL', 'postgresql://shop@%2Frun%2Fshop/shop'],
    ['BASE_URL', 'https://a.example/path?page=1&db=0'.replace('page=1&', '')],
  ])('shows %s=%s', (name, value) => {
    expect(mask(name, value)).toEqual({ value, masked: false });
  });

  test.each([
    ['postgres://u:pa:ss@h/db', 'postgres://u:********@h/db'],
    ['redis://:pw@h:6379/0', 'redis://:********@h:6379/0'],
    ['postgres://u:a@b@h/db', 'postgres://u:********@h/db'],
    ['https://token@h/x', 'https://********@h/x'],
    ['unix:///run/redis.sock?db=1&password=pw', 'unix:///run/redis.sock?db=1&password=********'],
    ['postgres://u:a/b@h/db', 'postgres://u:********@h/db'],
    ['postgres://u:a#b?c@h/db', 'postgres://u:********@h/db'],
  ])('hides of %s what is secret', (value, shown) => {
    expect(mask('SOME_URL', value)).toEqual({ value: shown, masked: true });
  });

  test('no password of a URL survives, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (tail) => {
        expect(mask('SOME_URL', `postgres://user:canary${tail}@host/db`).value).not.toContain('canary');
      }),
    );
  });
});
