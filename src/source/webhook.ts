import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A call of a webhook as it came: header names in small letters, and the body's bytes. */
export type HookCall = { readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Uint8Array };

/** What a call means. `push`: a branch or tag has moved; `delivery` tells one call from another. */
export type HookVerdict =
  | { readonly kind: 'refused'; readonly status: 400 | 401; readonly because: string }
  | { readonly kind: 'nothing'; readonly because: string }
  | {
      readonly kind: 'push';
      readonly ref: string;
      readonly revision: string | undefined;
      readonly delivery: string;
      /** The repository's own branch, where the host tells it. */
      readonly defaultBranch: string | undefined;
    };

/**
 * Reads a call of GitHub's, GitLab's, Gitea's or Forgejo's. It counts only where it knows the secret: by an HMAC-SHA256 of the
 * body (GitHub, Gitea) or as a token (GitLab). Every proof that is there must be right, and one must be there.
 */
export function readHook(call: HookCall, secret: string): HookVerdict {
  const { headers, body } = call;
  const hmac = createHmac('sha256', secret).update(body).digest('hex');
  const proofs = [
    [headers['x-hub-signature-256'], `sha256=${hmac}`],
    [headers['x-gitea-signature'], hmac],
    [headers['x-gitlab-token'], secret],
  ].flatMap(([given, wanted]) => (given === undefined || wanted === undefined ? [] : [isEqual(given, wanted)]));
  if (proofs.length === 0) return { kind: 'refused', status: 401, because: 'there is no signature' };
  if (proofs.includes(false)) return { kind: 'refused', status: 401, because: 'the signature is wrong' };

  const kind = headers['x-gitea-event'] ?? headers['x-github-event'] ?? headers['x-gitlab-event'] ?? '';
  if (!pushEvents.has(kind.toLowerCase()))
    return { kind: 'nothing', because: `a ${kind.slice(0, 40) || 'nameless'} event releases nothing` };
  const fields = parseBody(body, headers['content-type'] ?? '');
  if (!fields) return { kind: 'refused', status: 400, because: 'the body is no JSON object' };
  const ref = fields['ref'];
  if (typeof ref !== 'string' || !/^refs\/(?:heads|tags)\/./.test(ref))
    return { kind: 'nothing', because: 'it names no branch' };
  const after = fields['after'];
  if (typeof after === 'string' && /^0+$/.test(after)) return { kind: 'nothing', because: 'the branch was deleted' };
  const delivery =
    headers['x-gitea-delivery'] ??
    headers['x-github-delivery'] ??
    headers['idempotency-key'] ??
    headers['x-gitlab-event-uuid'];
  return {
    kind: 'push',
    ref,
    revision: typeof after === 'string' && /^[0-9a-f]{40,64}$/.test(after) ? after : undefined,
    delivery: delivery?.slice(0, 100) ?? createHash('sha256').update(body).digest('hex'),
    defaultBranch: defaultBranch(fields),
  };
}

const pushEvents = new Set(['push', 'push hook', 'tag push hook', 'system hook']);

/** Whether a push concerns what a site follows. `tags`: it waits for tags as well. */
export function concerns(
  push: { readonly ref: string; readonly defaultBranch: string | undefined },
  followed: { readonly ref: string | undefined; readonly tags: boolean },
): boolean {
  if (push.ref.startsWith('refs/tags/')) return followed.tags || push.ref === `refs/tags/${followed.ref}`;
  const branch = push.ref.slice('refs/heads/'.length);
  const wanted = followed.ref ?? push.defaultBranch;
  // Where nobody knows the default branch, the repository itself is asked.
  return wanted === undefined || branch === wanted;
}

/** The ids of the last calls: the same one again is a replay. */
export class Deliveries {
  readonly #seen = new Set<string>();
  readonly #most: number;

  constructor(most = 1000) {
    this.#most = most;
  }

  /** Whether it is new; from now on it is not. */
  take(site: string, delivery: string): boolean {
    const id = `${site} ${delivery}`;
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > this.#most && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}

/** In a time that tells neither where two texts differ nor how long the secret is. */
function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

/** GitHub can send the JSON as a form's field `payload`. */
function parseBody(body: Uint8Array, type: string): Readonly<Record<string, unknown>> | undefined {
  const text = new TextDecoder().decode(body);
  const json = type.startsWith('application/x-www-form-urlencoded')
    ? (new URLSearchParams(text).get('payload') ?? '')
    : text;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function defaultBranch(fields: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['repository', 'project']) {
    const inner = fields[name];
    if (typeof inner !== 'object' || inner === null || !('default_branch' in inner)) continue;
    if (typeof inner.default_branch === 'string') return inner.default_branch;
  }
  return undefined;
}
