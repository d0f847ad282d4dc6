import { assert, constantFrom, oneof, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { accessLine } from '../../../test/rig/access-log.ts';
import { clientOf, parseAccessLine, patternOf } from './access-line.ts';

describe('a line of the access log', () => {
  test('tells what the application answered, to whom, and to what kind of request', () => {
    expect(parseAccessLine(accessLine({ path: '/topic/12/?page=3', status: 500 }))).toEqual({
      client: '203.0.113.9',
      path: '/topic/12/',
      kind: 'GET /topic/:n/',
      outcome: 'answered',
      failed: true,
      broken: false,
      began: Date.parse('2026-01-01T00:00:10Z') - 100,
    });
  });

  test.each([
    ['was refused by NGINX itself', { status: 501, tries: [] }],
    ['was served from a folder', { status: 200, tries: [] }],
    ['came from the daemon', { path: '/.roadie/hook', status: 500 }],
    ['is no request that NGINX understands', { request: String.raw`\x16\x03\x01`, status: 400 }],
  ])('that %s says nothing', (_, line) => {
    expect(parseAccessLine(accessLine(line))).toBeUndefined();
  });

  test('of an earlier version of Roadie, and half a line, say nothing', () => {
    const earlier = '1.2.3.4 - - [2026-01-01T00:00:00+00:00] "GET / HTTP/2.0" 500 12 "-" "curl" f.org 0.1 0.1';
    expect(parseAccessLine(earlier)).toBeUndefined();
    expect(parseAccessLine(accessLine({ status: 500 }).slice(0, -3))).toBeUndefined();
    expect(parseAccessLine(accessLine({ status: 500 }).slice(20))).toBeUndefined();
  });

  test('of an application that gave no answer counts as failed', () => {
    const silent = parseAccessLine(accessLine({ status: 503, tries: [[502, '-']] }));
    expect(silent).toMatchObject({ outcome: 'silent', failed: true, broken: true });
  });

  test('of a try that broke off and a second one that was answered is no failure', () => {
    const tried = accessLine({
      status: 200,
      tries: [
        [502, '-'],
        [200, '0.010'],
      ],
    });
    expect(parseAccessLine(tried)).toMatchObject({ outcome: 'answered', failed: false, broken: true });
  });

  test('of a client that has left is no failure of the application', () => {
    const left = accessLine({ status: 499, tries: [['-', '-']] });
    expect(parseAccessLine(left)).toMatchObject({ outcome: 'aborted', failed: false, broken: true });
  });

  test('has nothing in it that a client could have forged', () => {
    // As NGINX writes what a client sends: \xNN for what could end a field.
    const escaped = (value: string): string =>
      [...Buffer.from(value)]
        .map((byte) =>
          byte < 32 || byte > 126 || byte === 0x22 || byte === 0x5c
            ? String.raw`\x` + byte.toString(16).toUpperCase().padStart(2, '0')
            : String.fromCharCode(byte),
        )
        .join('');
    const forged = oneof(
      string({ unit: 'binary' }),
      constantFrom(
        'x [2026-01-01T00:00:10+00:00] "GET / HTTP/1.1" 500 1 "-" "-" f.org 0.1 0.1 500 0.1',
        '" 500 12 "-" "-" f.org 0.100 0.100 500 0.100',
        '-" "-" f.org 0.100 0.100 500 0.100\n1.2.3.4 - - [',
        String.raw`\x22 500 12`,
      ),
    );
    assert(
      property(forged, forged, forged, (user, agent, referrer) => {
        const fields = { user: escaped(user), agent: escaped(agent), referrer: escaped(referrer) };
        expect(parseAccessLine(accessLine({ ...fields, status: 200 }))).toMatchObject({
          client: '203.0.113.9',
          kind: 'GET /',
          failed: false,
        });
        expect(parseAccessLine(accessLine({ ...fields, status: 501, tries: [] }))).toBeUndefined();
      }),
    );
  });

  test('is read in no time, whatever is in it', () => {
    for (const long of ['\\', '[', ' ', '-, ', '0 : ', String.raw`\x41`].map((piece) => piece.repeat(5000)))
      expect(parseAccessLine(accessLine({ agent: long, status: 200 }).slice(0, -1) + long)).toBeUndefined();
  });
});

test.each([
  ['/', '/'],
  ['/topic/123/', '/topic/:n/'],
  ['/2026/05/04/a-fine-day/', '/:n/:n/:n/a-fine-day/'],
  ['/p/9f8b6a1e-1c2d-4e5f-8a9b-0c1d2e3f4a5b/', '/p/:id/'],
  ['/c/3f2a9c1d/', '/c/:id/'],
  ['/face/', '/face/'],
  ['/reset/Mg/c8k2xq-5f1e0b7d6a4c3b2a19087f6e5d4c3b2a/', '/reset/Mg/:id/'],
  ['/topic-12/page2', '/topic-:n/page:n'],
])('%s is one of %s', (path, pattern) => {
  expect(patternOf(path)).toBe(pattern);
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
  ['2001:db8:1:ffff::6', '2001:db8:1'],
  ['2001:db8::6', '2001:db8:0'],
  ['::1', '0:0:0'],
  ['unix:', 'unix:'],
])('%s counts as the client %s', (address, client) => {
  expect(clientOf(address)).toBe(client);
});
