import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { connect } from 'node:tls';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Box, requireRoot } from '../rig/box.ts';
import { steadyLoad } from '../rig/steady-load.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const css = 'body { color: #123456 }\n'.repeat(200);
const views = `import json
from django.http import HttpResponse


def front(request):
    return HttpResponse("WORD")


def health(request):
    return HttpResponse("ok")


def rows(request):
    seen = {key: str(value) for key, value in request.META.items() if key.startswith(("HTTP_", "REMOTE_"))}
    return HttpResponse(json.dumps([seen, request.get_host(), request.scheme, request.get_full_path(), len(request.body)]))
`;

/** One host whose edge is Apache, from its first site on; each test goes on where the one before ended. */
describe('Apache as the edge', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let domain: string;
  let said: string;

  const config = (server: string): Promise<void> =>
    project.write({ 'roadie.toml': `upload_limit_mb = 1\n[edge]\nserver = "${server}"\n` });
  const say = (word: string): Promise<void> => project.write({ 'tiny/views.py': views.replace('WORD', word) });

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('first');
    await config('apache');
    await say('first');
    await project.write({ 'notes/static/notes/site.css': css, 'notes/static/notes/.secret': 'x' });
    site = box.name('tiny');
    domain = `${site}.localhost`;
    const ran = await box.up(project.folder, site, '--yes');
    if (ran.code !== 0) throw new Error(ran.all);
    said = ran.all;
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  test('serves the page over HTTPS, with the headers that Django leaves to it', async () => {
    const page = await box.get(domain, '/');
    expect(page).toMatchObject({ status: 200, body: 'first' });
    expect(page.headers).toMatchObject({
      server: 'Apache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'SAMEORIGIN',
    });
    // What it does not do as well as the usual edge is said where it is chosen.
    expect(said).toContain('its ports are closed while it restarts');
  });

  test('redirects what is asked over HTTP, with its path and query as they were', async () => {
    const path = '/a%2Fb/?q=%20x&y=1';
    const answer = await plain(box.ports.http, path, domain);
    expect(answer).toEqual({ status: 301, location: `https://${domain}:${box.ports.https}${path}` });
  });

  test('tells Django who asks, and lets no visitor say it', async () => {
    const forged = [
      'X-Forwarded-For',
      'X_Forwarded_For',
      'X-Forwarded_For',
      'X-Real-IP',
      'Remote-User',
      'Remote_User',
      'X-Forwarded-Host',
    ];
    const page = await box.get(domain, '/rows/?x=%2F', {
      headers: { ...Object.fromEntries(forged.map((name) => [name, 'evil.example'])), cookie: 'a=b' },
    });
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('evil.example');
    const [seen, host, scheme, path] = JSON.parse(page.body) as [Record<string, string>, string, string, string];
    expect([host, scheme, path]).toEqual([`${domain}:${box.ports.https}`, 'https', '/rows/?x=%2F']);
    expect(seen).toMatchObject({ REMOTE_ADDR: '127.0.0.1', HTTP_COOKIE: 'a=b' });
  });

  test('sends the compressed copies of static files to those who take them', async () => {
    const hashed = `/static/notes/site.${createHash('md5').update(css).digest('hex').slice(0, 12)}.css`;
    for (const [taken, sent, decoded] of [
      ['br, gzip', 'br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
      ['identity', undefined, (body: Buffer) => body],
    ] as const) {
      const { body, headers } = await bytes(box, domain, hashed, taken);
      expect([taken, headers['content-encoding']]).toEqual([taken, sent]);
      expect(headers).toMatchObject({
        'content-type': expect.stringMatching(/^text\/css; ?charset=utf-8$/),
        'cache-control': 'public, max-age=31536000, immutable',
        vary: expect.stringMatching(/Accept-Encoding/i),
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(decoded(body).toString()).toBe(css);
    }
    expect((await box.get(domain, '/static/notes/site.css')).headers['cache-control']).toBe('public, max-age=600');
    for (const path of [
      '/static/notes/.secret',
      '/static/notes/missing.css',
      '/static/',
      '/.roadie/unavailable.html',
      '/static/..%2f..%2fmanage.py',
    ])
      expect([path, (await box.get(domain, path)).status]).toEqual([path, expect.toBeOneOf([403, 404])]);
  });

  test('refuses names that no site has, and what is too large', async () => {
    expect((await plain(box.ports.http, '/', 'other.example')).status).toBe(421);
    expect(await handshake(box.ports.https, 'other.example')).not.toContain(domain);
    expect((await box.get(domain, '/rows/', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413);
    expect((await box.get('other.example', '/')).status).toBe(421);
  });

  test('deploys under load without a failed request, and its log tells what the application answered', async () => {
    const end = new AbortController();
    const load = steadyLoad({ port: box.ports.https, domain, path: '/' }, { rate: 30, until: end.signal });
    await say('second');
    const ran = await box.roadie(['deploy', site]);
    end.abort();
    const { failures, sorted } = await load;
    expect(ran.code, ran.all).toBe(0);
    const said = await readFile(join(box.folder, 'base/edge/logs/apache.log'), 'utf8');
    expect(failures, said).toEqual([]);
    expect(sorted.length).toBeGreaterThan(20);
    expect((await box.get(domain, '/')).body).toBe('second');
    const log = await readFile(join(box.folder, 'base/edge/logs', `${site}.access.log`), 'utf8');
    const { parseAccessLine } = await import('../../src/deploy/bake/access-line.ts');
    const answers = log.split('\n').flatMap((line) => parseAccessLine(line) ?? []);
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.every(({ outcome, failed }) => outcome === 'answered' && !failed)).toBe(true);
  });

  test('shows a friendly page while the application is down', async () => {
    expect((await box.roadie(['stop', site, 'web'])).code).toBe(0);
    const page = await box.get(domain, '/');
    expect(page.body).toContain('Back in a moment');
    expect(page).toMatchObject({ status: 503, headers: { 'retry-after': '10', 'cache-control': 'no-store' } });
    expect((await box.roadie(['start', site])).code).toBe(0);
  });

  test('is back after its master was killed', async () => {
    const pid = Number(await readFile(join(box.folder, 'run/edge/apache.pid'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(
        () =>
          box.get(domain, '/').then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 30_000, interval: 50 },
      )
      .toBe(200);
    await expect
      .poll(async () => Number(await readFile(join(box.folder, 'run/edge/apache.pid'), 'utf8').catch(() => '0')))
      .not.toBe(pid);
  });

  test('gives its place to NGINX and gets it back, with all sites', async () => {
    const second = box.name('more');
    await config('nginx');
    const conflict = await box.up(project.folder, second, '--yes');
    expect(conflict.code).not.toBe(0);
    expect(conflict.all).toContain('names nginx');
    await project.write({ 'roadie.toml': 'upload_limit_mb = 1\n' });
    const joined = await box.up(project.folder, second, '--yes');
    expect(joined.code, joined.all).toBe(0);
    expect((await box.get(`${second}.localhost`, '/')).headers['server']).toBe('Apache');
    const switched = await box.up(project.folder, site, '--yes');
    expect(switched.code, switched.all).toBe(0);
    expect(switched.all).toContain('NGINX takes the place of Apache');
    for (const name of [site, second]) {
      const page = await box.get(`${name}.localhost`, '/');
      expect(page).toMatchObject({ status: 200, headers: { server: 'nginx' } });
    }
  });
});

function plain(
  port: number,
  path: string,
  host: string,
): Promise<{ status: number | undefined; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, agent: false, headers: { host: `${host}:${port}` } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      })
      .on('error', reject);
  });
}

function bytes(
  box: Box,
  domain: string,
  path: string,
  encoding: string,
): Promise<{ readonly body: Buffer; readonly headers: http.IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port: box.ports.https,
        path,
        servername: domain,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: domain, 'accept-encoding': encoding },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ body: Buffer.concat(chunks), headers: response.headers }));
      },
    )
      .on('error', reject)
      .end();
  });
}

/** The names in the certificate that somebody gets who asks for another host; or the refusal. */
function handshake(port: number, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      resolve(JSON.stringify(socket.getPeerCertificate()));
      socket.destroy();
    });
    socket.on('error', (error) => resolve(error.message));
  });
}
