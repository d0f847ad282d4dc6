import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { failingPage, type Page } from './pages.ts';

const end = (status: number | undefined) => (path: string) =>
  Promise.resolve<Page | undefined>(status === undefined ? undefined : { path: `${path}end`, status });
const never = new AbortController().signal;
const clock = {
  now: () => 0,
  monotonic: () => 0,
  after: (_ms: number, then: () => void) => (queueMicrotask(then), () => undefined),
};
const failing = (ask: (path: string) => Promise<Page | undefined>, before?: typeof ask) =>
  failingPage(['/', '/login/'], { ask, ...(before && { before }), clock, signal: never });

test.each([200, 302, 400, 403, 404, undefined])(
  'a page that answers %s does not count against a release',
  async (status) => {
    expect(await failing(end(status))).toBeUndefined();
  },
);

test('a page that fails is told with the path at the end of its redirects', async () => {
  expect(await failing(end(500))).toBe('answered GET /end with 500');
  expect(await failing((path) => end(path === '/' ? 200 : 503)(path))).toBe('answered GET /login/end with 503');
});

test('a failure that does not come again is none', async () => {
  let asked = 0;
  expect(await failing((path) => end((asked += 1) === 1 ? 502 : 200)(path))).toBeUndefined();
});

test('only what the running release answered counts against a new one', async () => {
  const statuses = fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(statuses, statuses, async (now, before) => {
      const found = await failing(end(now), end(before));
      expect(found !== undefined).toBe((now ?? 0) >= 500 && before !== undefined && before < 500);
    }),
  );
});
