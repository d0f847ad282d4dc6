import { request } from 'node:https';
import type { Duplex } from 'node:stream';

/** Where a WebSocket is opened. The name is not looked up: this machine is asked. */
type Address = { readonly domain: string; readonly port: number; readonly path: string };

/** A WebSocket that is open. */
export type OpenWebSocket = {
  /** Says one thing (at most 125 bytes) and resolves with the next answer; rejects where the connection ends before that. */
  ask(words: string): Promise<string>;
  /** Resolves with the code of the other side's close frame; with 1006 where it went without one. Source: RFC 6455, section 7.4. */
  readonly closed: Promise<number>;
  close(): void;
};

/** Opens a WebSocket as a browser does. Source: RFC 6455. */
export function openWebSocket(address: Address): Promise<OpenWebSocket> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port: address.port,
      path: address.path,
      servername: address.domain,
      rejectUnauthorized: false,
      agent: false,
      headers: {
        host: `${address.domain}:${address.port}`,
        origin: `https://${address.domain}:${address.port}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.from('sixteen bytes...').toString('base64'),
      },
    });
    asked.on('response', (response) => {
      reject(new Error(`no WebSocket but ${response.statusCode}`));
      response.destroy();
    });
    asked.on('upgrade', (_response, socket: Duplex, head: Buffer) => resolve(converse(socket, head)));
    asked.on('error', reject);
    asked.end();
  });
}

/** Opens a WebSocket, says one thing and resolves with the first answer. */
export async function askWebSocket(address: Address, words: string): Promise<string> {
  const socket = await openWebSocket(address);
  try {
    return await socket.ask(words);
  } finally {
    socket.close();
  }
}

function converse(socket: Duplex, head: Buffer): OpenWebSocket {
  const waiting: PromiseWithResolvers<string>[] = [];
  const { promise: closed, resolve: end } = Promise.withResolvers<number>();
  let heard = head;
  const look = (): void => {
    for (let frame = heard; frame.length >= 2; frame = heard) {
      const length = frame[1] ?? 0;
      if (frame.length < 2 + length) return;
      heard = frame.subarray(2 + length);
      const kind = (frame[0] ?? 0) & 0x0f;
      if (kind === 1) waiting.shift()?.resolve(frame.toString('utf8', 2, 2 + length));
      if (kind === 8) end(length >= 2 ? frame.readUInt16BE(2) : 1005);
    }
  };
  socket.on('data', (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    look();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    end(1006);
    for (const each of waiting) each.reject(new Error('the WebSocket was closed without an answer'));
  });
  look();
  return {
    closed,
    ask: (words) => {
      const answer = Promise.withResolvers<string>();
      waiting.push(answer);
      if (socket.destroyed) answer.reject(new Error('the WebSocket is closed'));
      else socket.write(textFrame(words));
      return answer.promise;
    },
    close: () => void socket.destroy(),
  };
}

/** A masked text frame, as clients must send them; the mask is all zeros. */
function textFrame(words: string): Buffer {
  const content = Buffer.from(words);
  return Buffer.concat([Buffer.from([0x81, 0x80 | content.length, 0, 0, 0, 0]), content]);
}
