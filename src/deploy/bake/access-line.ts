import { readAccessLine } from '../../components/access-lines.ts';

/** One request that the edge has passed on to the application, as its access log tells it. */
export type Answer = {
  /** Who asked: an IPv4 address, or the /48 that an IPv6 address is in, since whoever has one address has as many as they like. */
  readonly client: string;
  /** As it was asked for, without its query. */
  readonly path: string;
  /** What the path is one of: `GET /topic/:n/`. */
  readonly kind: string;
  /** `answered`: by the application. `silent`: it gave none. `aborted`: the client left before it came. */
  readonly outcome: 'answered' | 'silent' | 'aborted';
  /** Whether the application failed: no answer, or one of 500 and above. What a client has broken off never is. */
  readonly failed: boolean;
  /** Whether the application broke off a try, be it that the next one was answered. */
  readonly broken: boolean;
  /** Milliseconds since 1970 at which it began at the earliest; the edge notes whole seconds of the end. */
  readonly began: number;
};

/**
 * Reads a line of a site's access log. Undefined for what is none and for what the edge has answered by itself: that says nothing about
 * the application.
 */
export function parseAccessLine(line: string): Answer | undefined {
  const logged = readAccessLine(line);
  if (!logged) return undefined;
  const path = pathOf(logged.target);
  // Not passed on to the application: webhooks are the daemon's.
  if (!path.startsWith('/') || path.startsWith('/.roadie/')) return undefined;
  const outcome = logged.aborted ? 'aborted' : logged.answered === null ? 'silent' : 'answered';
  return {
    client: clientOf(logged.address),
    path,
    kind: `${logged.method} ${patternOf(path)}`,
    outcome,
    failed: outcome === 'silent' || (outcome === 'answered' && (logged.answered ?? 0) >= 500),
    broken: logged.broken,
    began: logged.ended - logged.seconds * 1000,
  };
}

/** Several pages of one view have one pattern: numbers, hashes and the like are put for what they are. */
export function patternOf(path: string): string {
  return path
    .split('/')
    .map((part) => {
      if (/^\d+$/.test(part)) return ':n';
      if (part.length >= 8 && /^[0-9a-f-]+$/i.test(part) && /\d/.test(part)) return ':id';
      // Keys, signed values and the like: no word is as long and has digits in it.
      if ((part.match(/\w{16,}/g) ?? []).some((run) => /\d/.test(run))) return ':id';
      return part.replaceAll(/\d+/g, ':n');
    })
    .join('/');
}

/** An IPv4 address, or the beginning of an IPv6 one that belongs to one customer. */
export function clientOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':') || address.startsWith('unix:')) return address;
  const [head = '', tail] = address.split('::');
  const parts = head === '' ? [] : head.split(':');
  const end = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - parts.length - end.length);
  return [...parts, ...Array.from({ length: zeros }, () => '0'), ...end].slice(0, 3).join(':');
}

function pathOf(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/);
  return path;
}
