import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { readCertificate } from '../../src/certificates/certificate.ts';
import { parseAccessLine } from '../../src/deploy/bake/access-line.ts';
import { servedCertificate } from '../../src/machine/network/served-certificate.ts';
import type { Box } from '../rig/box.ts';
import { steadyLoad } from '../rig/steady-load.ts';
import type { TinyProject } from '../rig/tiny-project.ts';
import { askWebSocket, openWebSocket } from '../rig/web-socket.ts';

/** What a static file of {@link edgeViews}'s project has in it. */
export const edgeCss = 'body { color: #123456 }\n'.repeat(200);

/**
 * Views of the site that an edge is asked for: its front page says `word`, `/rows/` tells what Django sees of a request. There
 * `?stream=TYPE&flag=NAME` says a second word once `?go=NAME` has come, and `?cookies=N` sets that many of 1 KB.
 */
export function edgeViews(word: string): string {
  return `import json
import os
import tempfile
import time
from django.http import HttpResponse, StreamingHttpResponse


def front(request):
    return HttpResponse("${word}")


def health(request):
    return HttpResponse("ok")


def pieces(flag):
    yield "first\\n"
    for _ in range(400):
        if os.path.exists(flag):
            yield "second\\n"
            return
        time.sleep(0.05)
    yield "late\\n"


def rows(request):
    if "stream" in request.GET:
        return StreamingHttpResponse(pieces(os.path.join(tempfile.gettempdir(), request.GET["flag"])), content_type=request.GET["stream"])
    if "go" in request.GET:
        open(os.path.join(tempfile.gettempdir(), request.GET["go"]), "w").close()
    if "cookies" in request.GET:
        answer = HttpResponse("ok")
        for number in range(int(request.GET["cookies"])):
            answer.set_cookie("c%d" % number, "x" * 1000)
        return answer
    seen = {key: str(value) for key, value in request.META.items() if key.startswith(("HTTP_", "REMOTE_"))}
    return HttpResponse(json.dumps([seen, request.get_host(), request.scheme, request.get_full_path()]))
`;
}

/** A host with two sites: one with {@link edgeViews}, static files and uploads, and `live`, which echoes over a WebSocket at `/echo/`. */
export type EdgeHosts = {
  readonly box: Box;
  readonly project: TinyProject;
  readonly site: string;
  readonly live: string;
};

/** What every edge does for the sites of its host, whichever it is. `says`: what its answers name as the server. */
export function everyEdge(name: string, says: string, hosts: () => EdgeHosts): void {
  const domainOf = (site: string): string => `${site}.localhost`;
  const get = (path: string, options?: Parameters<Box['get']>[2]) =>
    hosts().box.get(domainOf(hosts().site), path, options);
  const accessLog = (): Promise<string> =>
    readFile(join(hosts().box.folder, 'base/edge/logs', `${hosts().site}.access.log`), 'utf8');

  describe(`${name}, as every edge`, { sequential: true }, () => {
    test('serves the page over HTTPS, with the headers that Django leaves to it', async () => {
      const page = await get('/');
      expect(page.status).toBe(200);
      expect(page.headers).toMatchObject({
        server: says,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'x-frame-options': 'SAMEORIGIN',
        'cross-origin-opener-policy': 'same-origin',
      });
    });

    test('redirects what is asked over HTTP, with its path and query as they were', async () => {
      const { box, site } = hosts();
      const path = '/a%2Fb/?q=%20x&y=1';
      expect(await plain(box, path, domainOf(site))).toEqual({
        status: 301,
        location: `https://${domainOf(site)}:${box.ports.https}${path}`,
      });
    });

    test('tells Django who asks, and lets no visitor say it', async () => {
      const { box, site } = hosts();
      const forged = [
        'X-Forwarded-For',
        'X_Forwarded_For',
        'X-Forwarded_For',
        'X-Real-IP',
        'Remote-User',
        'Remote_User',
        'X-Forwarded-Host',
        'X-Request-ID',
        'X_Request_ID',
        'X-Request_ID',
      ];
      const headers = { ...Object.fromEntries(forged.map((each) => [each, 'evil.example'])), cookie: 'a=b' };
      const page = await get('/rows/?x=%2F', { headers });
      expect(page.status).toBe(200);
      expect(page.body).not.toContain('evil.example');
      const [seen, ...asked] = JSON.parse(page.body) as [Record<string, string>, ...string[]];
      expect(asked).toEqual([`${domainOf(site)}:${box.ports.https}`, 'https', '/rows/?x=%2F']);
      expect(seen).toMatchObject({ REMOTE_ADDR: '127.0.0.1', HTTP_COOKIE: 'a=b' });
      // By this id the edge's log and the application's speak of the same request.
      const id = seen['HTTP_X_REQUEST_ID'] ?? '';
      expect(id).toMatch(/^[\w@-]{20,}$/);
      await expect.poll(() => accessLog(), { timeout: 10_000 }).toContain(` ${id}\n`);
    });

    test('sends the compressed copies of static files to those who take them, to be kept for a year', async () => {
      const { box, site } = hosts();
      const hash = createHash('md5').update(edgeCss).digest('hex').slice(0, 12);
      for (const [taken, sent, decoded] of [
        ['br, gzip', 'br', brotliDecompressSync],
        ['gzip', 'gzip', gunzipSync],
        ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
        ['identity', undefined, (body: Buffer) => body],
      ] as const) {
        const { body, headers } = await bytes(box, domainOf(site), `/static/notes/site.${hash}.css`, taken);
        expect([taken, headers['content-encoding']]).toEqual([taken, sent]);
        expect(headers).toMatchObject({
          'content-type': expect.stringMatching(/^text\/css; ?charset=utf-8$/) as unknown,
          'cache-control': 'public, max-age=31536000, immutable',
          vary: expect.stringMatching(/Accept-Encoding/i) as unknown,
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
        });
        expect(decoded(body).toString()).toBe(edgeCss);
      }
      expect((await get('/static/notes/site.css')).headers['cache-control']).toBe('public, max-age=600');
    });

    test('serves nothing that is not meant to be seen', async () => {
      for (const path of [
        '/static/notes/.secret',
        '/static/notes/missing.css',
        '/static/',
        '/media/passwd.txt',
        '/.roadie/unavailable.html',
        '/static/..%2f..%2fmanage.py',
      ])
        expect([path, (await get(path)).status]).toEqual([path, expect.toBeOneOf([400, 403, 404])]);
    });

    test('serves uploads, which cannot act as pages of the site', async () => {
      expect(await get('/media/face.png')).toMatchObject({ status: 200, body: 'a picture' });
      const page = await get('/media/page.html');
      expect(page).toMatchObject({
        status: 200,
        headers: { 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' },
      });
      expect(page.headers['content-security-policy']).toContain('sandbox');
    });

    test('shows no site to whoever asks for a name that none has', async () => {
      const { box, site } = hosts();
      const closed = (): number => 0;
      expect(await plain(box, '/', 'other.example').then(({ status }) => status, closed)).toBeOneOf([0, 421]);
      expect(await box.get('other.example', '/').then(({ status }) => status, closed)).toBeOneOf([0, 421]);
      expect(await names(box, 'other.example')).not.toContain(domainOf(site));
    });

    test('refuses what is too large', async () => {
      const answer = await get('/rows/', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
      expect(answer).toMatchObject({ status: 413, body: expect.stringContaining('1 MB at most') as unknown });
    });

    test('lets large headers through, both ways', async () => {
      const { box, site } = hosts();
      const long = 'x'.repeat(16_000);
      const seen = await get(`/rows/?x=${long}`, { headers: { cookie: `a=${long}` } });
      expect([seen.status, seen.body.includes(`a=${long}`)]).toEqual([200, true]);
      const { headers } = await bytes(box, domainOf(site), '/rows/?cookies=32', 'identity');
      expect(headers['set-cookie']).toHaveLength(32);
    });

    test.each([
      ['text/event-stream', 'identity'],
      ['text/plain', 'gzip'],
      ['application/x-ndjson', 'identity'],
      ['text/html', 'br'],
    ])('sends %s (%s) as it comes', async (type, coding) => {
      const flag = `${name}-${coding}-${type.replace('/', '-')}`;
      const text = await streamed(
        hosts().box,
        domainOf(hosts().site),
        `/rows/?stream=${type}&flag=${flag}`,
        coding,
        () => get(`/rows/?go=${flag}`),
      );
      expect(text).toBe('first\nsecond\n');
    });

    test('passes a WebSocket on', async () => {
      const { box, live } = hosts();
      const address = { domain: domainOf(live), port: box.ports.https, path: '/echo/' };
      expect(await askWebSocket(address, name)).toBe(`heard ${name}`);
    });

    test('deploys under load without a failed request, and its log tells what the application answered', async () => {
      const { box, project, site } = hosts();
      const target = { port: box.ports.https, domain: domainOf(site), path: '/' };
      const end = new AbortController();
      const load = steadyLoad(target, { rate: 30, until: end.signal });
      await project.write({ 'tiny/views.py': edgeViews(`from ${name}`) });
      const ran = await box.roadie(['deploy', site]);
      end.abort();
      const { failures, sorted } = await load;
      expect(ran.code, ran.all).toBe(0);
      expect(failures).toEqual([]);
      expect(sorted.length).toBeGreaterThan(20);
      expect((await get('/')).body).toBe(`from ${name}`);
      const answers = (await accessLog()).split('\n').flatMap((line) => parseAccessLine(line) ?? []);
      expect(answers.length).toBeGreaterThan(20);
      expect(answers.slice(-20).every(({ outcome, failed }) => outcome === 'answered' && !failed)).toBe(true);
    });

    test('takes another certificate without a cut connection or a failed request', async () => {
      const { box, project, site, live } = hosts();
      const { https } = box.ports;
      const more = `${name.toLowerCase()}.${domainOf(site)}`;
      expect(await names(box, domainOf(site))).not.toContain(more);
      const socket = await openWebSocket({ domain: domainOf(live), port: https, path: '/echo/' });
      const end = new AbortController();
      const load = steadyLoad({ port: https, domain: domainOf(site), path: '/' }, { rate: 30, until: end.signal });
      const ran = await box.up(project.folder, site, '--domain', domainOf(site), '--domain', more, '--yes');
      await expect.poll(() => names(box, domainOf(site)), { timeout: 20_000 }).toContain(more);
      // The workers from before have it still.
      expect(await socket.ask('still there')).toBe('heard still there');
      socket.close();
      end.abort();
      const { failures, sorted } = await load;
      expect(ran.code, ran.all).toBe(0);
      expect(failures).toEqual([]);
      expect(sorted.length).toBeGreaterThan(20);
      expect((await box.get(more, '/')).status).toBe(200);
    });

    test('shows a friendly page while the application is down', async () => {
      const { box, site } = hosts();
      expect((await box.roadie(['stop', site, 'web'])).code).toBe(0);
      const page = await get('/');
      expect(page.body).toContain('Back in a moment');
      expect(page).toMatchObject({ status: 503, headers: { 'retry-after': '10', 'cache-control': 'no-store' } });
      expect((await box.roadie(['start', site])).code).toBe(0);
      expect((await get('/')).status).toBe(200);
    });
  });
}

/** Asks over HTTP; rejects where the connection is closed without an answer. */
function plain(
  { ports }: Box,
  path: string,
  host: string,
): Promise<{ readonly status: number | undefined; readonly location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${ports.http}` };
    http
      .get({ host: '127.0.0.1', port: ports.http, path, agent: false, headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, location: response.headers.location });
      })
      .on('error', reject);
  });
}

/** The names in the certificate that is shown for a domain; none where the handshake is refused. */
async function names({ ports }: Box, domain: string): Promise<readonly string[]> {
  return readCertificate(await servedCertificate(domain, ports.https))?.domains ?? [];
}

/** The text of an answer that comes in pieces; `heard` is called when the first of them has come. */
async function streamed(box: Box, domain: string, path: string, coding: string, heard: () => unknown): Promise<string> {
  const response = await answered(box, domain, path, coding);
  const decoders = { gzip: createGunzip, br: createBrotliDecompress } as const;
  const used = response.headers['content-encoding'];
  const decoded = used === 'gzip' || used === 'br' ? response.pipe(decoders[used]()) : response;
  let text = '';
  for await (const chunk of decoded) {
    if (text === '') heard();
    text += String(chunk);
  }
  return text;
}

/** The whole of an answer, as it was sent. */
async function bytes(
  box: Box,
  domain: string,
  path: string,
  encoding: string,
): Promise<{ readonly body: Buffer; readonly headers: http.IncomingHttpHeaders }> {
  const response = await answered(box, domain, path, encoding);
  return { body: await buffer(response), headers: response.headers };
}

/** An answer as soon as its headers have come, which may be many. */
function answered({ ports }: Box, domain: string, path: string, encoding: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: '127.0.0.1',
        port: ports.https,
        path,
        servername: domain,
        rejectUnauthorized: false,
        agent: false,
        maxHeaderSize: 128 * 1024,
        headers: { host: domain, 'accept-encoding': encoding },
      },
      resolve,
    )
      .on('error', reject)
      .end();
  });
}
