import { describe, expect, it } from 'vitest';

import { prefixesOf, purposeOf } from './environment-names.ts';

describe('the purpose of a variable', () => {
  it.each([
    ['SECRET_KEY', 'secret-key'],
    ['DJANGO_SECRET_KEY', 'secret-key'],
    ['BLOG_SECRET_KEY', 'secret-key'],
    ['BLOG_DJANGO_SECRET_KEY', 'secret-key'],
    ['STRIPE_SECRET_KEY', 'other'],
    ['AWS_SECRET_ACCESS_KEY', 'other'],
    ['GOOGLE_RECAPTCHA_SECRET_KEY', 'other'],
    ['DEBUG', 'debug'],
    ['DJANGO_DEBUG', 'debug'],
    ['ALLOWED_HOSTS', 'allowed-hosts'],
    ['CSRF_TRUSTED_ORIGINS', 'csrf-origins'],
    ['DATABASE_URL', 'database-url'],
    ['POSTGRES_DB', 'database-name'],
    ['POSTGRES_USER', 'database-user'],
    ['DB_PASS', 'database-password'],
    ['DATABASE_PWD', 'database-password'],
    ['PGHOST', 'database-host'],
    ['DJANGO_MYSQL_PORT', 'database-port'],
    ['SHOP_DB_HOST', 'database-host'],
    ['TEST_DB_HOST', 'other'],
    ['REPLICA_DATABASE_URL', 'other'],
    ['DB', 'database-engine'],
    ['DB_ENGINE', 'database-engine'],
    ['DATABASE_TYPE', 'database-engine'],
    ['REDIS_URL', 'redis-url'],
    ['DJANGO_REDIS_URL', 'redis-url'],
    ['REDIS_TLS_URL', 'other'],
    ['REDIS_HOST', 'redis-host'],
    ['CACHE_URL', 'cache-url'],
    ['CELERY_BROKER_URL', 'broker-url'],
    ['CELERY_RESULT_BACKEND', 'result-backend'],
    ['CELERY_BACKEND', 'result-backend'],
    ['BLOG_CELERY_RESULTS_BACKEND', 'result-backend'],
    ['STATIC_ROOT', 'static-root'],
    ['DJANGO_MEDIA_ROOT', 'media-root'],
    ['MEDIA_DIR', 'media-root'],
    ['SITE_URL', 'base-url'],
    ['EMAIL_HOST', 'email'],
    ['EMAIL_HOST_PASSWORD', 'email'],
    ['DEFAULT_FROM_EMAIL', 'email'],
    ['DJANGO_SETTINGS_MODULE', 'settings-module'],
    ['SENTRY_DSN', 'other'],
    ['DJANGO_ELASTICSEARCH_HOST', 'other'],
    ['HOST', 'other'],
    ['PORT', 'other'],
  ])('of %s is %s', (name, purpose) => {
    expect(purposeOf(name, ['BLOG_'])).toBe(purpose);
  });

  it('follows what reads it rather than its name', () => {
    expect(purposeOf('PRIMARY', [], 'env.db')).toBe('database-url');
    expect(purposeOf('REDIS_URL', [], 'env.cache')).toBe('cache-url');
    expect(purposeOf('PRIMARY', [], 'env.dj_db_url')).toBe('database-url');
  });
});

describe("a project's prefixes", () => {
  it("are its package's name and what most of its names begin with", () => {
    expect(prefixesOf(['ACME_A', 'ACME_B', 'ACME_C', 'OTHER'], ['my-shop'])).toEqual(['MY_SHOP_', 'ACME_']);
  });

  it('are never those of a database', () => {
    expect(prefixesOf(['DB_HOST', 'DB_USER', 'DB_NAME'], [])).toEqual([]);
  });
});
