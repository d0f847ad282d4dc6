import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ProblemError } from '../../problems/problem.ts';
import { abstractHolder, portHolder, queueLength } from './socket-tables.ts';
import { inodeAt, type ListeningSocket, openSocket } from './sockets.ts';

let folder: string;
const opened: { close(): void }[] = [];
const clients: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-sockets-'));
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const socket of opened.splice(0)) socket.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(
  path: string,
  mode = 0o660,
): ListeningSocket & { readonly bound: { readonly path: string; readonly inode: number } } {
  const socket = openSocket({ kind: 'unix', path, mode });
  opened.push(socket);
  if (!socket.bound) throw new Error('a unix socket has a name');
  return { ...socket, bound: socket.bound };
}

function connected(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = connect(path);
    clients.push(client);
    client.once('connect', resolve);
    client.once('error', reject);
  });
}

describe('a unix socket', () => {
  it('has its mode before it is live, and is not in its place until then', async () => {
    const path = join(folder, 'web.sock');
    const socket = open(path, 0o620);
    expect(statSync(socket.bound.path).mode & 0o777).toBe(0o620);
    await expect(connected(path)).rejects.toThrow('ENOENT');
    socket.goLive();
    expect(inodeAt(path)).toBe(socket.bound.inode);
    await connected(path);
  });

  it('lets connections wait that nobody accepts, and counts them by the name it was bound to', async () => {
    const path = join(folder, 'web.sock');
    const old = open(path);
    old.goLive();
    expect(queueLength(old.bound.path)).toBe(0);
    await Promise.all([connected(path), connected(path), connected(path)]);
    expect(queueLength(old.bound.path)).toBe(3);
    const next = open(path);
    next.goLive();
    await connected(path);
    expect([queueLength(old.bound.path), queueLength(next.bound.path)]).toEqual([3, 1]);
  });

  it('takes the place of a stale one', async () => {
    const path = join(folder, 'web.sock');
    const stale = openSocket({ kind: 'unix', path, mode: 0o600 });
    stale.goLive();
    stale.close();
    expect(inodeAt(path)).toBeDefined();
    await expect(connected(path)).rejects.toThrow('ECONNREFUSED');
    open(path).goLive();
    await connected(path);
  });

  it('in a folder that is not there, or with too long a path, is a problem', () => {
    expect(() => openSocket({ kind: 'unix', path: join(folder, 'none', 'web.sock'), mode: 0o600 })).toThrow(
      ProblemError,
    );
    expect(() => openSocket({ kind: 'unix', path: join(folder, 'x'.repeat(100)), mode: 0o600 })).toThrow('longer than');
  });
});

describe('an abstract name', () => {
  it('tells who holds it', async () => {
    const name = `roadie-test:${process.pid}`;
    expect(abstractHolder(name)).toBeUndefined();
    const server = createServer().listen(`\0${name}`);
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(abstractHolder(name)).toMatchObject({ pid: process.pid });
    } finally {
      server.close();
    }
  });
});

describe('a TCP socket', () => {
  it('on a taken port is a problem that names the holder', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      expect(portHolder(port)).toMatchObject({ pid: process.pid });
      expect(() => openSocket({ kind: 'tcp', host: '127.0.0.1', port })).toThrow(`Port ${port} is taken by`);
    } finally {
      server.close();
    }
  });

  it('on a free port lets connections wait', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    opened.push(openSocket({ kind: 'tcp', host: '127.0.0.1', port }));
    const client = connect({ host: '127.0.0.1', port });
    clients.push(client);
    await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject));
    expect(portHolder(port)?.pid).toBe(process.pid);
  });
});
