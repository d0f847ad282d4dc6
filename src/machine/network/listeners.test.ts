import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { holdersOf, isLoopback, parseListeners, publicListeners, withPort } from './listeners.ts';

const heading =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ';
const line = (local: string, state: string, uid: number, inode: number): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 00000000971cee20 100 0 0 10 0                     `;
const parse = (...lines: readonly string[]) => parseListeners([heading, ...lines, ''].join('\n'));

test.each([
  ['0100007F:1F90', '127.0.0.1', 8080],
  ['00000000:0050', '0.0.0.0', 80],
  ['0A0200C0:22B3', '192.0.2.10', 8883],
  ['00000000000000000000000000000000:1F40', '::', 8000],
  ['00000000000000000000000001000000:1F40', '::1', 8000],
  ['0000000000000000FFFF00000100007F:1F40', '127.0.0.1', 8000],
  ['0000000000000000FFFF000000000000:1F40', '0.0.0.0', 8000],
  ['B80D0120000000000000000001000000:01BB', '2001:db8::1', 443],
])('%s is %s, port %i', (local, address, port) => {
  expect(parse(line(local, '0A', 990, 4711))).toEqual([{ address, port, uid: 990, inode: '4711' }]);
});

test('nothing but sockets that listen counts, and they come first', () => {
  const listens = line('00000000:1F40', '0A', 990, 1);
  expect(parse(listens, line('00000000:1F41', '01', 990, 2), line('00000000:1F42', '06', 0, 0))).toHaveLength(1);
  expect(parseListeners('')).toEqual([]);
  expect(parse('')).toEqual([]);
});

test.each([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['128.0.0.1', false],
  ['::127.0.0.1', false],
])('%s is loopback: %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});

test('an address with its port is written as in a URL', () => {
  expect(withPort({ address: '0.0.0.0', port: 8000 })).toBe('0.0.0.0:8000');
  expect(withPort({ address: '2001:db8::1', port: 8000 })).toBe('[2001:db8::1]:8000');
});

test('a socket on this machine is found with its process, unless it is on loopback', async () => {
  const uids = new Set([process.getuid?.() ?? 0]);
  const open = createServer().listen(0, '0.0.0.0');
  const closed = createServer().listen(0, '127.0.0.1');
  await Promise.all([once(open, 'listening'), once(closed, 'listening')]);
  const found = publicListeners(uids);
  const port = (server: typeof open): number => (server.address() as AddressInfo).port;
  const mine = found.find((one) => one.port === port(open));
  expect(mine).toMatchObject({ address: '0.0.0.0' });
  expect(found.some((one) => one.port === port(closed))).toBe(false);
  const holder = holdersOf(new Set([mine?.inode ?? '']), uids).get(mine?.inode ?? '');
  expect(holder?.pid).toBe(process.pid);
  expect(holder?.program).not.toBe('');
  expect(publicListeners(new Set([4_000_000_000]))).toEqual([]);
  open.close();
  closed.close();
});
