import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { httpPage, httpStatus } from './http-probe.ts';

/** What each path answers: a status, or where it redirects to. */
const routes: Readonly<Record<string, number | string>> = {
  '/': '/en/?from=front',
  '/en/?from=front': 'https://site.example:8443/welcome',
  '/welcome': 500,
  '/elsewhere': 'https://other.example/',
  '/circle': '/circle',
  '/odd': 'http://[',
};

const folder = mkdtempSync('/tmp/roadie-probe-');
const socket = join(folder, 'web.sock');
const server = createServer(({ url = '' }, response) => {
  const answer = routes[url] ?? 404;
  if (typeof answer === 'number') response.writeHead(answer).end();
  else response.writeHead(302, { location: answer }).end();
});

beforeAll(() => new Promise<void>((resolve) => server.listen(socket, resolve)));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const question = (path: string) => ({ socket, path, host: 'site.example', headers: {}, timeoutMs: 5000 });

test.each([
  ['/', { path: '/welcome', status: 500 }],
  ['/elsewhere', { path: '/elsewhere', status: 302 }],
  ['/circle', { path: '/circle', status: 302 }],
  ['/odd', { path: '/odd', status: 302 }],
  ['/nothing', { path: '/nothing', status: 404 }],
])('a page is followed to its end within the site: %s', async (path, end) => {
  expect(await httpPage(question(path))).toEqual(end);
});

test('a status is that of the path itself', async () => {
  expect(await httpStatus(question('/'))).toBe(302);
  expect(await httpPage({ ...question('/'), socket: `${socket}.not` })).toBeUndefined();
});
