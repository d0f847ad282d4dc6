import type { Purpose } from '../facts.ts';

const databases = 'DB|DATABASE|POSTGRES|POSTGRESQL|PG|PGSQL|MYSQL|MARIADB|SQL|RDS';
const databaseName = `(?:${databases})(?:_DEFAULT)?`;

/** What the end of a name means, once the project's prefix is off; the first that matches counts. */
const endings: readonly (readonly [RegExp, Purpose])[] = [
  [/^SECRET_?KEY$|^SECRET$|^APP_SECRET_KEY$/, 'secret-key'],
  [/^DEBUG(_MODE)?$/, 'debug'],
  [/^ALLOWED_?HOSTS?$/, 'allowed-hosts'],
  [/^(CSRF_(TRUSTED_)?|TRUSTED_)ORIGINS$/, 'csrf-origins'],
  [new RegExp(`^${databaseName}_?(URL|URI|DSN)$`), 'database-url'],
  [new RegExp(`^(DB|${databaseName}_?(ENGINE|BACKEND|TYPE|DRIVER))$`), 'database-engine'],
  [new RegExp(`^${databaseName}_?(NAME|DATABASE|DB|DBNAME)$`), 'database-name'],
  [new RegExp(`^${databaseName}_?(USER|USERNAME)$`), 'database-user'],
  [new RegExp(`^${databaseName}_?(PASS|PWD|PASSWD|PASSWORD)$`), 'database-password'],
  [new RegExp(`^${databaseName}_?(HOST|HOSTNAME|SERVER|ADDR|ADDRESS)$`), 'database-host'],
  [new RegExp(`^${databaseName}_?PORT$`), 'database-port'],
  [/^(CELERY_)?BROKER(_URL|_URI)?$/, 'broker-url'],
  [/^((CELERY_)?RESULTS?_BACKEND|CELERY_(BACKEND|RESULTS?))(_URL|_URI)?$/, 'result-backend'],
  [/^(DJANGO_)?CACHE_(URL|LOCATION)$/, 'cache-url'],
  [/(^|_)REDIS(_CACHE|_QUEUE)?_(URL|URI|DSN|LOCATION)$|^REDISCLOUD_URL$|^RQ_URL$/, 'redis-url'],
  [/(^|_)REDIS_(HOST|HOSTNAME|SERVER|ADDR)$/, 'redis-host'],
  [/(^|_)REDIS_PORT$/, 'redis-port'],
  [/(^|_)REDIS_(PASS|PWD|PASSWORD|AUTH)$/, 'redis-password'],
  [/^STATIC_ROOT$/, 'static-root'],
  [/^MEDIA_(ROOT|DIR|DIRECTORY|FOLDER)$/, 'media-root'],
  [
    /^((SITE|BASE|ROOT|PUBLIC|EXTERNAL|SERVER|APP|FRONTEND|CANONICAL)_URL|SITE_ROOT|(SITE_)?DOMAIN(_NAME)?|SITE_(HOST|NAME_URL)|PRIMARY_(HOST|DOMAIN)|(WAGTAILADMIN_)?BASE_URL)$/,
    'base-url',
  ],
  [/^(EMAIL|SMTP|MAIL)_|_EMAIL$|^EMAIL$/, 'email'],
];

/** Databases that are not the site's own: `TEST_DB_HOST` must not be led to it. */
const elsewhere =
  /(^|_)(TEST|TESTS|REPLICA|SLAVE|READ|READONLY|LEGACY|OLD|OTHER|ANALYTICS|WAREHOUSE|EXTERNAL|SECONDARY)_/;

/** Prefixes that many projects share. */
const common = ['DJANGO_', 'APP_', 'SITE_', 'WEB_', 'BACKEND_'];

/**
 * What a variable means to a project's settings. `prefixes` are the project's own, as {@link prefixesOf} finds them; database
 * names are understood with any prefix, since `BLOG_DB_HOST` can hardly mean anything else. `reader` is what reads it:
 * `env.db` leaves no doubt, whatever the name is.
 */
export function purposeOf(name: string, prefixes: readonly string[], reader = ''): Purpose {
  if (name === 'DJANGO_SETTINGS_MODULE') return 'settings-module';
  if (/^env\.(db|db_url|dj_db_url)$|^dj_database_url$/.test(reader))
    return elsewhere.test(`${name}_`) ? 'other' : 'database-url';
  if (/^env\.(cache|cache_url|dj_cache_url)$|^django_cache_url$/.test(reader)) return 'cache-url';
  if (/^env\.(email|email_url|dj_email_url)$|^dj_email_url$/.test(reader)) return 'email';
  const upper = name.toUpperCase();
  for (const candidate of candidates(upper, prefixes)) {
    const found = endings.find(([pattern]) => pattern.test(candidate));
    if (found) return found[1];
  }
  if (elsewhere.test(upper)) return 'other';
  const database = new RegExp(
    `_((?:${databases})_?(?:URL|URI|DSN|ENGINE|NAME|USER|USERNAME|PASS|PWD|PASSWD|PASSWORD|HOST|HOSTNAME|PORT))$`,
  ).exec(upper)?.[1];
  return (database !== undefined ? endings.find(([pattern]) => pattern.test(database))?.[1] : undefined) ?? 'other';
}

/** The name itself, then without each prefix, then without two of them (`MYSITE_DJANGO_SECRET_KEY`). */
function candidates(name: string, prefixes: readonly string[]): readonly string[] {
  const all = [...prefixes, ...common];
  const once = all.filter((prefix) => name.startsWith(prefix)).map((prefix) => name.slice(prefix.length));
  const twice = once.flatMap((rest) =>
    all.filter((prefix) => rest.startsWith(prefix)).map((prefix) => rest.slice(prefix.length)),
  );
  return [name, ...once, ...twice];
}

/** The project's own prefixes: its package's name, and what at least three names and half of all begin with. */
export function prefixesOf(names: readonly string[], packages: readonly string[]): readonly string[] {
  const counted = new Map<string, number>();
  for (const name of names) {
    const first = /^([A-Z][A-Z0-9]*_)./.exec(name)?.[1];
    if (first) counted.set(first, (counted.get(first) ?? 0) + 1);
  }
  const shared = [...counted]
    .filter(
      ([prefix, times]) =>
        times >= 3 &&
        times * 2 >= names.length &&
        !new RegExp(`^(${databases}|REDIS|EMAIL|AWS|CELERY|SECURE)_$`).test(prefix),
    )
    .map(([prefix]) => prefix);
  const own = packages
    .filter((name) => name !== '')
    .map((name) => `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_`);
  return [...new Set([...own, ...shared])];
}
