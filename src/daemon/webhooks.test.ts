import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { oddText } from '../../test/rig/schema-samples.ts';
import { serveHooks } from '../machine/network/hook-server.ts';
import { webhookHandler } from './webhooks.ts';

const secret = 'a-secret-that-nobody-guesses';
const looks: string[] = [];
let folder: string;
let server: { close(): Promise<void> };
beforeAll(async () => {
  folder = mkdtempSync('/tmp/roadie-hooks-');
  const watching = {
    webhookOf: (site: string) => (site === 'forum' ? { secret, follows: { ref: 'main', tags: false } } : undefined),
    lookFor: (site: string) => void looks.push(site),
  };
  server = await serveHooks(join(folder, 'hooks.sock'), undefined, webhookHandler(watching));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

type Call = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

function call({ method, path, headers, body }: Call): Promise<number> {
  return new Promise((resolve, reject) => {
    const more = body.length > 0 ? { 'content-length': String(body.length) } : {};
    const options = {
      socketPath: join(folder, 'hooks.sock'),
      method,
      path,
      agent: false,
      headers: { ...headers, ...more },
    };
    const asking = httpRequest(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

/** What can stand in a header. */
const headerText = oddText.map((text) => text.replaceAll(/[^\u0020-\u007E]/g, '?'));

const push = fc.record(
  {
    ref: fc.oneof(fc.constantFrom<unknown>('refs/heads/main', 'refs/tags/v1', 'refs/heads/', 7, null), oddText),
    after: fc.oneof(fc.constantFrom<unknown>('0'.repeat(40), 'a'.repeat(40), {}, []), oddText),
    repository: fc.oneof(
      fc.constantFrom<unknown>({ default_branch: 'main' }, { default_branch: 7 }, null, 'x'),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);

const bodies = fc
  .oneof(
    { weight: 4, arbitrary: push.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: push.map((value) => `payload=${encodeURIComponent(JSON.stringify(value))}`) },
    { weight: 1, arbitrary: fc.jsonValue().map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'null', '[]', '['.repeat(100_000), 'x'.repeat(1024 * 1024 + 1)),
    },
  )
  .map((body) => Buffer.from(body as string));

type Proof = 'none' | 'right' | 'wrong' | 'both';

const calls = fc.record({
  method: fc.oneof(
    { weight: 9, arbitrary: fc.constant('POST') },
    { weight: 1, arbitrary: fc.constantFrom('GET', 'PUT') },
  ),
  path: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('/forum', '/forum?x=1') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '/',
        '/blog',
        '/Forum',
        '/forum/',
        '//forum',
        '/forum/../forum',
        '/%66orum',
        `/${'a'.repeat(5000)}`,
      ),
    },
  ),
  proof: fc.constantFrom<Proof>('none', 'right', 'right', 'right', 'wrong', 'both'),
  event: fc.oneof({ weight: 3, arbitrary: fc.constant('push') }, { weight: 1, arbitrary: headerText }),
  delivery: fc.oneof(fc.constant(undefined), headerText, fc.uuid()),
  type: fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'x'),
  wrong: headerText,
  body: bodies,
});

describe('any call of a webhook', () => {
  test('is answered, and has the repository looked at only where it proves that it may', async () => {
    const answers: Record<number, number> = {};
    await fc.assert(
      fc.asyncProperty(calls, async ({ method, path, proof, event, delivery, type, wrong, body }) => {
        looks.length = 0;
        const right = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
        const proofs = {
          none: {},
          right: { 'x-hub-signature-256': right },
          wrong: { 'x-hub-signature-256': wrong },
          both: { 'x-hub-signature-256': right, 'x-gitlab-token': wrong },
        }[proof];
        const status = await call({
          method,
          path,
          headers: {
            'x-github-event': event,
            'content-type': type,
            ...(delivery !== undefined && { 'x-github-delivery': delivery }),
            ...proofs,
          },
          body,
        });
        answers[status] = (answers[status] ?? 0) + 1;
        const proven = proof === 'right' && path.startsWith('/forum') && method === 'POST';
        expect(proven ? [200, 202, 400, 404, 409, 413] : [401, 404, 405, 413]).toContain(status);
        expect(looks).toEqual(status === 202 ? ['forum'] : []);
      }),
      { numRuns: 1000 },
    );
    expect(Object.keys(answers)).toEqual(['200', '202', '400', '401', '404', '405', '409', '413']);
  });
});
