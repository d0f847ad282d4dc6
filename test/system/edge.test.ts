import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { join } from 'node:path';
import tls from 'node:tls';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseAccessLine } from '../../src/deploy/bake/access-line.ts';
import { edgePaths } from '../../src/components/nginx/index.ts';
import { run } from '../../src/machine/processes/run.ts';
import { EdgeHost, installNginx, type Answer } from '../rig/edge-host.ts';

beforeAll(installNginx);

/** A header's values, however many times it came. */
function values(answer: Answer, name: string): string[] {
  return answer.rawHeaders.filter(
    (_value, index) => index % 2 === 1 && answer.rawHeaders[index - 1]?.toLowerCase() === name.toLowerCase(),
  );
}

const securityHeaders = [
  'x-content-type-options',
  'referrer-policy',
  'x-frame-options',
  'cross-origin-opener-policy',
  'strict-transport-security',
] as const;

const patient = { timeout: 30_000, interval: 20 };

describe('a site behind NGINX', () => {
  let host: EdgeHost;
  const css = 'body { color: rebeccapurple }\n'.repeat(200);

  beforeAll(async () => {
    host = await EdgeHost.make({
      sites: ['boards', 'other'],
      limits: { requestsPerSecond: 10_000, connections: 10_000 },
    });
    await host.addSite('boards', { hsts: 'max-age=3600; includeSubDomains' });
    // The longest name that a site can have.
    await host.addSite(`a${'-b'.repeat(15)}`, { hsts: 'max-age=3600' });
    for (const file of ['static/app.css', 'media/face.png', 'media/paper.pdf']) await host.put('other', file, 'x');
    await host.put('boards', 'static/app.css', css);
    await host.put('boards', 'static/app.css.gz', gzipSync(css, { level: 9 }));
    await host.put('boards', 'static/app.css.br', brotliCompressSync(css));
    await host.put('boards', 'static/app.0123456789ab.js', 'let a = 1;\n');
    await host.put('boards', 'static/.env', 'SECRET=1\n');
    await host.put('boards', 'static/.git/config', 'secret');
    await host.put('boards', 'static/views.py', 'secret');
    await host.put('boards', '.env', 'SECRET=1\n');
    await host.put('boards', 'media/page.html', '<script>alert(1)</script>');
    await host.put('boards', 'media/drawing.SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await host.put('boards', 'media/face.png', 'png');
    await host.put('boards', 'media/paper.pdf', '%PDF');
    await host.put('boards', 'media/db.sqlite3', 'secret');
    await symlink('/etc', join(host.base, 'boards/static/etc'));
    await symlink('/etc/passwd', join(host.base, 'boards/media/passwd.txt'));
    await host.start();
  });
  afterAll(() => host.close());

  it('is accepted by nginx -t without a warning', async () => {
    const result = await run(['/usr/sbin/nginx', '-t', '-c', edgePaths(host.place).main]);
    expect(
      result.stderr
        .split('\n')
        .filter((line) => !/syntax is ok|test is successful/.test(line))
        .join(''),
    ).toBe('');
    expect(result.code).toBe(0);
  });

  it('sends HTTP to the same address on HTTPS, with the port', async () => {
    const answer = await host.ask({ scheme: 'http', path: '/topic/1?page=2' });
    expect(answer).toMatchObject({
      status: 301,
      headers: { location: `https://boards.localhost:${host.ports.https}/topic/1?page=2` },
    });
  });

  it('answers a certificate authority on plain HTTP', async () => {
    await writeFile(join(edgePaths(host.place).acme, '.well-known/acme-challenge/token_1-x'), 'token_1-x.key');
    const answer = await host.ask({ scheme: 'http', path: '/.well-known/acme-challenge/token_1-x' });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(answer.body.toString()).toBe('token_1-x.key');
  });

  it('closes the connection on a host that no site has', async () => {
    expect(await host.raw('GET / HTTP/1.1\r\nHost: nobody.example\r\n\r\n')).toBe(0);
    expect(await host.raw(`GET / HTTP/1.1\r\nHost: boards.localhost\r\nConnection: close\r\n\r\n`)).toBe(301);
    await expect(host.ask({ headers: { host: 'nobody.example' } })).rejects.toThrow(/hang up|ECONNRESET/);
  });

  it('refuses the handshake for a name that no site has, and for none', async () => {
    for (const servername of ['nobody.example', '']) {
      const socket = tls.connect({ host: '127.0.0.1', port: host.ports.https, servername, rejectUnauthorized: false });
      const outcome = await new Promise<string>((resolve) => {
        socket.once('secureConnect', () => resolve('connected'));
        socket.once('error', (error) => resolve(error.message));
      });
      socket.destroy();
      expect(outcome).toContain('unrecognized name');
    }
  });

  it('speaks HTTP/2, and nothing older than TLS 1.2', async () => {
    const session = http2.connect(`https://boards.localhost:${host.ports.https}`, {
      ca: await host.authority(),
      lookup: (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const status = await new Promise<unknown>((resolve, reject) => {
      session.once('error', reject);
      session.request({ ':path': '/' }).once('response', (headers) => resolve(headers[':status']));
    });
    session.destroy();
    expect(status).toBe(200);
    const old = await run(
      [
        'openssl',
        's_client',
        '-connect',
        `127.0.0.1:${host.ports.https}`,
        '-servername',
        'boards.localhost',
        '-tls1_1',
        '-cipher',
        'ALL:@SECLEVEL=0',
      ],
      { input: '' },
    );
    expect(`${old.stdout}${old.stderr}`).toMatch(/protocol version|no protocols available/);
  });

  it.each([
    { accept: 'br, gzip', encoding: 'br' },
    { accept: 'gzip', encoding: 'gzip' },
    { accept: 'identity', encoding: undefined },
  ])('serves the file that was compressed beforehand to whoever accepts $accept', async ({ accept, encoding }) => {
    const answer = await host.ask({ path: '/static/app.css', headers: { 'accept-encoding': accept } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers['content-type']).toBe('text/css; charset=utf-8');
    const expected =
      encoding === 'br'
        ? brotliCompressSync(css)
        : encoding === 'gzip'
          ? gzipSync(css, { level: 9 })
          : Buffer.from(css);
    expect(answer.body.length).toBe(expected.length);
    expect(answer.headers.vary).toContain('Accept-Encoding');
  });

  it('lets a name with a hash be kept for a year, others for minutes, and an error not at all', async () => {
    expect(values(await host.ask({ path: '/static/app.0123456789ab.js' }), 'cache-control')).toStrictEqual([
      'public, max-age=31536000, immutable',
    ]);
    expect(values(await host.ask({ path: '/static/app.css' }), 'cache-control')).toStrictEqual(['public, max-age=600']);
    expect(values(await host.ask({ path: '/static/gone.0123456789ab.js' }), 'cache-control')).toStrictEqual([]);
  });

  it.each([
    '/static/.env',
    '/static/.git/config',
    '/static/views.py',
    '/static/%2eenv',
    '/media/db.sqlite3',
    '/static/gone.css',
    '/static/sub/../.env',
  ])('answers 404 to %s', async (path) => {
    const answer = await host.ask({ path });
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).not.toMatch(/secret/i);
  });

  it.each(['/static/etc/passwd', '/media/passwd.txt'])('follows no symbolic link: %s', async (path) => {
    const answer = await host.ask({ path });
    // A link to a file is forbidden, one to a folder leads nowhere.
    expect([403, 404]).toContain(answer.status);
    expect(answer.body.toString()).not.toContain('root:');
  });

  it.each([
    '/static../.env',
    '/static/../.env',
    '/static/..%2f.env',
    '/static/%2e%2e/.env',
    '/media../.env',
    '/static/../../../../../etc/passwd',
  ])('serves nothing outside of its folders: %s', async (path) => {
    const answer = await host.ask({ path });
    expect(answer.body.toString()).not.toMatch(/SECRET=1|root:/);
  });

  it('follows no link that a folder of uploads was swapped for, and every one that root has made above it', async () => {
    const media = join(host.base, 'swapped/media');
    await host.put('swapped', 'media/album/picture.txt', 'a picture');
    await symlink(media, join(host.base, 'swapped/way'));
    const within = join(host.base, 'swapped/way');
    await host.addSite('swapped', { media: { url: '/media/', folder: join(within, 'album'), within } });
    expect(await host.prepare()).toMatchObject({ code: 0 });
    host.signal('SIGHUP');
    await expect
      .poll(
        async () => (await host.ask({ host: 'swapped.localhost', path: '/media/picture.txt' })).body.toString(),
        patient,
      )
      .toBe('a picture');
    await rename(join(media, 'album'), join(media, 'away'));
    await symlink('/etc', join(media, 'album'));
    const answer = await host.ask({ host: 'swapped.localhost', path: '/media/debian_version' });
    expect([403, 404]).toContain(answer.status);
  });

  it('lists no folder', async () => {
    expect((await host.ask({ path: '/static/' })).status).toBe(403);
  });

  it.each(['/media/page.html', '/media/drawing.SVG'])(
    'hands an upload that could act as a page to the reader as a file: %s',
    async (path) => {
      const answer = await host.ask({ path });
      expect(answer.status).toBe(200);
      expect(values(answer, 'content-disposition')).toStrictEqual(['attachment']);
      expect(values(answer, 'x-content-type-options')).toStrictEqual(['nosniff']);
      expect(values(answer, 'content-security-policy').join()).toContain('sandbox');
    },
  );

  it('shows pictures and papers in place', async () => {
    const picture = await host.ask({ path: '/media/face.png' });
    expect(values(picture, 'content-disposition')).toStrictEqual([]);
    expect(values(picture, 'content-security-policy').join()).toContain('sandbox');
    expect(values(await host.ask({ path: '/media/paper.pdf' }), 'content-security-policy')).toStrictEqual([]);
  });

  it('gives Django the host, the scheme and the address that are true, whatever the client claims', async () => {
    const lies = {
      'x-forwarded-for': '6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-ssl': 'off',
      'x-forwarded-protocol': 'http',
      'x-forwarded-port': '1',
      forwarded: 'for=6.6.6.6',
      'remote-user': 'admin',
      'x-remote-user': 'admin',
      remote_user: 'admin',
      script_name: '/evil',
      proxy: 'http://evil.example',
      'x-script-name': '/evil',
      'x-original-url': '/admin',
      'x-webauth-user': 'admin',
      'tailscale-user-login': 'admin@example.org',
      'x-goog-authenticated-user-email': 'accounts.google.com:admin@example.org',
      'x-goog-authenticated-user-id': 'accounts.google.com:1',
      'x-ms-client-principal': 'e30=',
      'x-ms-client-principal-name': 'admin@example.org',
      'ssl-client-verify': 'SUCCESS',
      'ssl-client-s-dn': 'CN=admin',
      'x-ssl-client-cert': 'x',
      'x-remote-email': 'admin@example.org',
      'x-remote-addr': '6.6.6.6',
      'cf-access-authenticated-user-email': 'admin@example.org',
      'x-amzn-oidc-identity': 'admin',
      'x-authentik-username': 'admin',
      'x-token-subject': 'admin',
      'x-client-cert': 'x',
    };
    const { headers } = await host.seen({ path: '/x', headers: lies });
    expect(headers).toMatchObject({
      host: `boards.localhost:${host.ports.https}`,
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      connection: 'close',
    });
    const kept = new Set(['x-real-ip', 'x-forwarded-for', 'x-forwarded-proto']);
    expect(Object.keys(lies).filter((name) => !kept.has(name) && name in headers)).toStrictEqual([]);
  });

  it('passes a WebSocket on and no other change of protocol', async () => {
    const upgraded = await host.ask({
      path: '/ws',
      headers: { connection: 'Upgrade', upgrade: 'WebSocket', 'sec-websocket-key': 'x', 'sec-websocket-version': '13' },
    });
    expect(upgraded).toMatchObject({ status: 101, headers: { upgrade: 'websocket' } });
    const { headers } = await host.seen({
      path: '/h2c',
      headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' },
    });
    expect(headers['upgrade']).toBeUndefined();
  });

  it('refuses a body over the limit, and takes one below it', async () => {
    expect(
      (
        await host
          .ask({ method: 'POST', path: '/upload', headers: { 'content-length': String(1024 * 1024 + 1) } })
          .catch(() => ({ status: 413 }))
      ).status,
    ).toBe(413);
    const raw = await host.ask({
      method: 'POST',
      path: '/upload',
      headers: { 'content-length': '2000000', expect: '100-continue' },
    });
    expect(raw.status).toBe(413);
    expect(await host.seen({ method: 'POST', path: '/upload', body: Buffer.alloc(1024 * 1024) })).toMatchObject({
      method: 'POST',
      bytes: 1024 * 1024,
    });
  });

  it.each([
    { what: 'two hosts', request: 'GET / HTTP/1.1\r\nHost: boards.localhost\r\nHost: evil.example\r\n\r\n' },
    {
      what: 'Content-Length and Transfer-Encoding',
      request:
        'POST / HTTP/1.1\r\nHost: boards.localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    },
    {
      what: 'two lengths',
      request: 'POST / HTTP/1.1\r\nHost: boards.localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd',
    },
    {
      what: 'a length with a sign',
      request: 'POST / HTTP/1.1\r\nHost: boards.localhost\r\nContent-Length: +4\r\n\r\nabcd',
    },
    { what: 'a NUL in a header', request: 'GET / HTTP/1.1\r\nHost: boards.localhost\r\nX-A: a\0b\r\n\r\n' },
    { what: 'no host', request: 'GET / HTTP/1.1\r\n\r\n' },
  ])('answers 400 to $what', async ({ request }) => {
    expect(await host.raw(request)).toBe(400);
  });

  it("sends each security header once, Django's own where it sets one", async () => {
    const names = ['x-content-type-options', 'referrer-policy', 'x-frame-options', 'strict-transport-security'];
    const silent = await host.ask({ path: '/' });
    expect(names.map((name) => values(silent, name))).toStrictEqual([['nosniff'], ['same-origin'], ['SAMEORIGIN'], []]);
    const own = await host.ask({ path: '/django-headers' });
    expect(names.map((name) => values(own, name))).toStrictEqual([
      ['nosniff'],
      ['no-referrer'],
      ['DENY'],
      ['max-age=60'],
    ]);
  });

  describe.each([
    ['boards.localhost', 'max-age=3600; includeSubDomains'],
    ['other.localhost', undefined],
  ])('at %s, whose Django sends the HSTS %s', (name, hsts) => {
    it.each([
      ['a static file', { path: '/static/app.css' }, 200],
      ['a static file that is not there', { path: '/static/gone.css' }, 404],
      ['a folder of static files', { path: '/static/' }, 403],
      ['an upload', { path: '/media/face.png' }, 200],
      ['a paper', { path: '/media/paper.pdf' }, 200],
      ['a hidden file', { path: '/media/.x' }, 404],
      ['an upload that is not there', { path: '/media/gone.png' }, 404],
      [
        'a body over the limit',
        { method: 'POST', path: '/', headers: { 'content-length': '2000000', expect: '100-continue' } },
        413,
      ],
      ['a method that NGINX does not do for files', { method: 'DELETE', path: '/static/app.css' }, 405],
      [
        'a transfer that NGINX does not know',
        { method: 'POST', path: '/', headers: { 'transfer-encoding': 'xchunked' } },
        501,
      ],
      ['an address that is too long', { path: `/${'x'.repeat(40_000)}` }, 414],
    ] as const)('%s comes with all of them, once', async (_what, request, status) => {
      const answer = await host.ask({ ...request, host: name });
      expect(answer.status).toBe(status);
      expect(Object.fromEntries(securityHeaders.map((header) => [header, values(answer, header)]))).toStrictEqual({
        'x-content-type-options': ['nosniff'],
        'referrer-policy': ['same-origin'],
        'x-frame-options': ['SAMEORIGIN'],
        'cross-origin-opener-policy': ['same-origin'],
        'strict-transport-security': hsts === undefined ? [] : [hsts],
      });
    });

    it('says nothing of HSTS over HTTP, where it would mean nothing', async () => {
      const answer = await host.ask({ scheme: 'http', host: name });
      expect(answer.status).toBe(301);
      expect(values(answer, 'strict-transport-security')).toStrictEqual([]);
      expect(values(answer, 'x-content-type-options')).toStrictEqual(['nosniff']);
    });
  });

  it('compresses what Django sends when it is long', async () => {
    expect(
      (await host.ask({ path: '/long', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'],
    ).toBe('gzip');
    expect(
      (await host.ask({ path: '/long', headers: { 'accept-encoding': 'gzip, br' } })).headers['content-encoding'],
    ).toBe('br');
    expect(
      (await host.ask({ path: '/short', headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding'],
    ).toBeUndefined();
  });

  it("says nothing about NGINX's version", async () => {
    expect((await host.ask({ path: '/static/gone.css' })).headers['server']).toBe('nginx');
  });

  it('writes the access log with the times and the request id', async () => {
    await host.ask({ path: '/logged-here' });
    const line =
      /"GET \/logged-here HTTP\/1\.1" 200 .* boards\.localhost 0\.\d{3} 0\.\d{3} 200 0\.\d{3} [0-9a-f]{32}\n/;
    await expect.poll(() => readFile(join(host.place.folder, 'logs/boards.access.log'), 'utf8'), patient).toMatch(line);
  });

  it('writes the access log as the watch over new releases reads it, whatever a client sends', async () => {
    const forged = '" 500 12 "-" "-" boards.localhost 0.100 0.100 500 0.100';
    const headers = { 'user-agent': forged, referer: forged, authorization: `Basic ${btoa(`${forged}:x`)}` };
    await host.ask({ path: '/read-here/42/?q=%22', headers });
    await host.ask({ path: '/read-here/', headers: { ...headers, 'transfer-encoding': 'xchunked' } });
    await host.ask({ path: '/static/read-here.css', headers });
    const lines = async (): Promise<readonly string[]> =>
      (await readFile(join(host.place.folder, 'logs/boards.access.log'), 'utf8'))
        .split('\n')
        .filter((line) => line.includes('read-here'));
    await expect.poll(async () => (await lines()).length, patient).toBe(3);
    const read = (await lines()).map((line) => parseAccessLine(line));
    expect(read).toEqual([
      expect.objectContaining({ client: '127.0.0.1', kind: 'GET /read-here/:n/', outcome: 'answered', failed: false }),
      undefined,
      undefined,
    ]);
  });
});
