/** A value as it may be shown: in full, in part, or not at all. */
export type Shown = { readonly value: string; readonly masked: boolean };

const hidden = '********';

const secretName = /KEY|SECRET|TOKEN|PASS|PWD|CREDENTIAL|PRIVATE|AUTH|SALT|SIGN|DSN|WEBHOOK|LICEN[CS]E|COOKIE|CERT/i;

/** Names whose values are no secret whatever they are. */
const harmlessName =
  /^(PATH|HOME|LANG|LC_\w+|TZ|PYTHON\w*|VIRTUAL_ENV|DJANGO_SETTINGS_MODULE|(DJANGO_)?(ALLOWED_HOSTS|DEBUG)|(DJANGO_)?CSRF_TRUSTED_ORIGINS|\w*_?(HOST|HOSTS|PORT|ENGINE|ROOT|DIR|FOLDER)|WEB_CONCURRENCY|DEFAULT_FROM_EMAIL|LOG_LEVEL|ROADIE_(?!\w*(KEY|SECRET))\w+)$/i;

const url = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * What of a variable may be seen by whoever looks over a shoulder. Everything is masked but what is clearly harmless: flags,
 * numbers, paths, addresses without a password, and names that hold no secret. Of a URL only the password is masked.
 */
export function mask(name: string, value: string): Shown {
  if (value === '') return { value, masked: false };
  if (secretName.test(name)) return { value: hidden, masked: true };
  if (url.test(value)) return maskUrl(value);
  const harmless =
    harmlessName.test(name) ||
    /^(true|false|yes|no|on|off|none|null|-?\d{1,6}(\.\d{1,6})?)$/i.test(value) ||
    /^\/[\w./@+-]*$/.test(value);
  return harmless ? { value, masked: false } : { value: hidden, masked: true };
}

/** All before the last `@`, since people forget to encode their passwords, and every parameter that could be one. */
function maskUrl(value: string): Shown {
  const shown = value
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)([^]*)@/i, (_, scheme: string, user: string) =>
      user.includes(':')
        ? `${scheme}${user.slice(0, user.indexOf(':'))}:${hidden}@`
        : `${scheme}${aloneShown(scheme, user)}@`,
    )
    .replaceAll(/([?&](?!(?:db|ssl\w*|timeout|host|port|name)=)[^=&#]+=)[^&#]*/gi, `$1${hidden}`);
  return { value: shown, masked: shown !== value };
}

/** What stands alone before the `@` is a user's name to a database, and may be a token to anything else. */
function aloneShown(scheme: string, user: string): string {
  return /^(postgres|postgresql|mysql|mariadb)(\+\w+)?:/i.test(scheme) && /^\w+$/.test(user) ? user : hidden;
}
