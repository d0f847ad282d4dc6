import { createHmac } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import { concerns, Deliveries, type HookCall, readHook } from './webhook.ts';

const secret = 'a'.repeat(64);
const after = '0123456789abcdef0123456789abcdef01234567';
const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after, repository: { default_branch: 'main' } }));
const hmac = (content: Uint8Array, key = secret): string => createHmac('sha256', key).update(content).digest('hex');

const hosts: Readonly<Record<string, (proof?: string, content?: Buffer) => HookCall>> = {
  GitHub: (proof, content = body) => ({
    headers: {
      'x-github-event': 'push',
      'x-github-delivery': 'd1',
      'x-hub-signature-256': proof ?? `sha256=${hmac(content)}`,
    },
    body: content,
  }),
  Gitea: (proof, content = body) => ({
    headers: { 'x-gitea-event': 'push', 'x-gitea-delivery': 'd1', 'x-gitea-signature': proof ?? hmac(content) },
    body: content,
  }),
  GitLab: (proof, content = body) => ({
    headers: { 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': 'd1', 'x-gitlab-token': proof ?? secret },
    body: content,
  }),
};

describe.each(Object.entries(hosts))('a call of %s', (name, call) => {
  test('that knows the secret is a push', () => {
    expect(readHook(call(), secret)).toEqual({
      kind: 'push',
      ref: 'refs/heads/main',
      revision: after,
      delivery: 'd1',
      defaultBranch: 'main',
    });
  });

  test.each([
    ['empty', ''],
    ['short', 'sha256=ab'],
    ['another secret’s', `${name === 'GitHub' ? 'sha256=' : ''}${hmac(body, 'b'.repeat(64))}`],
    ['another body’s', `${name === 'GitHub' ? 'sha256=' : ''}${hmac(Buffer.from('{}'))}`],
    ['of the right length', 'b'.repeat(64)],
    ['of the right beginning', secret.slice(0, 63)],
    ['longer than it should be', `${secret}a`],
  ])('with a signature that is %s is refused', (_, proof) => {
    expect(readHook(call(proof), secret)).toMatchObject({ kind: 'refused', status: 401 });
  });

  test('that is signed but no JSON is a bad request, whatever is in it', () => {
    for (const text of ['', 'ref=main', '[1]', 'null', '{"ref":', '\u0000\u0001'])
      expect(readHook(call(undefined, Buffer.from(text)), secret)).toMatchObject({ kind: 'refused', status: 400 });
  });

  test('about a branch that was deleted releases nothing', () => {
    const gone = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: '0'.repeat(40) }));
    expect(readHook(call(undefined, gone), secret).kind).toBe('nothing');
  });

  test('without a usable ref releases nothing', () => {
    for (const ref of [undefined, 7, '', 'main', 'refs/heads/', 'refs/pull/1/head'])
      expect(readHook(call(undefined, Buffer.from(JSON.stringify({ ref }))), secret).kind).toBe('nothing');
  });
});

test('a call without any proof is refused', () => {
  expect(readHook({ headers: { 'x-github-event': 'push' }, body }, secret)).toMatchObject({ status: 401 });
});

test('one right proof does not make up for a wrong one', () => {
  const headers = { ...hosts['GitLab']?.().headers, 'x-hub-signature-256': 'sha256=00' };
  expect(readHook({ headers, body }, secret)).toMatchObject({ status: 401 });
});

test('the old SHA-1 signature is no proof', () => {
  const headers = { 'x-github-event': 'push', 'x-hub-signature': 'sha1=0' };
  expect(readHook({ headers, body }, secret)).toMatchObject({ status: 401 });
});

test('the signature is over the bytes as they came', () => {
  const spaced = Buffer.from(`${body.toString()}\n`);
  const headers = { ...hosts['GitHub']?.().headers, 'x-hub-signature-256': `sha256=${hmac(body)}` };
  expect(readHook({ headers, body: spaced }, secret)).toMatchObject({ status: 401 });
});

test("GitHub's form holds the JSON in a field", () => {
  const form = Buffer.from(`payload=${encodeURIComponent(body.toString())}`);
  const headers = {
    ...hosts['GitHub']?.(undefined, form).headers,
    'content-type': 'application/x-www-form-urlencoded',
  };
  expect(readHook({ headers, body: form }, secret).kind).toBe('push');
});

test('a ping and an issue release nothing', () => {
  for (const event of ['ping', 'issues', ''])
    expect(
      readHook(
        { ...hosts['GitHub']?.(), headers: { ...hosts['GitHub']?.().headers, 'x-github-event': event }, body },
        secret,
      ).kind,
    ).toBe('nothing');
});

describe('a push', () => {
  const branch = (ref: string) => ({ ref, defaultBranch: 'main' });

  test.each([
    ['refs/heads/main', 'main', false, true],
    ['refs/heads/other', 'main', false, false],
    ['refs/heads/main', undefined, false, true],
    ['refs/heads/other', undefined, false, false],
    ['refs/heads/main/x', 'main', false, false],
    ['refs/tags/main', 'main', false, true],
    ['refs/tags/v1', 'main', false, false],
    ['refs/tags/v1', 'main', true, true],
  ])('of %s to a site that follows %s (tags: %s) concerns it: %s', (ref, followed, tags, expected) => {
    expect(concerns(branch(ref), { ref: followed, tags })).toBe(expected);
  });
});

test('a delivery counts once; only the last are remembered', () => {
  const deliveries = new Deliveries(2);
  expect(deliveries.take('shop', 'a')).toBe(true);
  expect(deliveries.take('shop', 'a')).toBe(false);
  expect(deliveries.take('boards', 'a')).toBe(true);
  expect(deliveries.take('shop', 'b')).toBe(true);
  expect(deliveries.take('shop', 'a')).toBe(true);
});
