/** The site's own Redis. `socket` is '' where it is reached over a network, at `server`. */
export type Redis = {
  readonly socket: string;
  readonly server?: { readonly host: string; readonly port: number };
};

/** `unix:///…/redis.sock?db=1`: what redis-py, and with it Django, django-redis, RQ and channels-redis read. */
export function redisUrl(redis: Redis, database: number): string {
  if (redis.server !== undefined) return `${plainRedisUrl(redis)}/${database}`;
  return `unix://${redis.socket}?db=${database}`;
}

/** The same without a number, for settings that append one: `unix:///…/redis.sock`, `redis://redis:6379`. */
export function plainRedisUrl({ server, socket }: Redis): string {
  return server === undefined ? `unix://${socket}` : `redis://${server.host}:${server.port}`;
}

/** `redis+socket:///…?virtual_host=0`: what Celery reads as broker and as result backend. */
export function celeryUrl(redis: Redis, database: number): string {
  if (redis.server !== undefined) return redisUrl(redis, database);
  return `redis+socket://${redis.socket}?virtual_host=${database}`;
}

/** Whether an address names this Redis in words that its reader understands, with nothing left over after the path. */
export function isOurs(url: string, redis: Redis): boolean {
  if (redis.server !== undefined) {
    const start = plainRedisUrl(redis);
    return url.startsWith(start) && /^(?:\/\d*)?$/.test(url.slice(start.length));
  }
  return [`unix://${redis.socket}`, `redis+socket://${redis.socket}`].some(
    (start) =>
      url === start ||
      new RegExp(`^\\?(db|virtual_host)=\\d+$`).test(url.startsWith(start) ? url.slice(start.length) : ''),
  );
}

/**
 * Whether an address can only mean a Redis beside the project: the machine itself, a name without a dot as Docker Compose has
 * them, or our own socket spoilt by an appended `/1`.
 */
export function meansLocal(url: string, redis: Redis): boolean {
  if (redis.socket !== '' && url.includes(redis.socket)) return true;
  const host = hostOf(url);
  return host !== undefined && isBeside(host);
}

/** Whether a host can only be beside the project: this machine, or a name without a dot as Docker Compose has them. */
export function isBeside(host: string): boolean {
  return host.startsWith('127.') || !host.includes('.');
}

/** The number of the database that an address names; undefined where it names none. */
export function databaseOf(url: string): number | undefined {
  const found = /[?&](?:db|virtual_host)=(\d+)/.exec(url)?.[1];
  const after = /\/(\d{1,2})\/?(?:\?.*)?$/.exec(url)?.[1];
  const text = url.includes('.sock') && after !== undefined ? after : (found ?? after);
  return text === undefined ? undefined : Number(text);
}

function hostOf(url: string): string | undefined {
  if (url.startsWith('unix:') || url.startsWith('redis+socket:')) return undefined;
  const rest = /^rediss?:\/\/(.*)$/.exec(url)?.[1];
  if (rest === undefined) return undefined;
  const authority = rest.split(/[/?]/)[0] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : (host.split(':')[0] ?? '');
}
