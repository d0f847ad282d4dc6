import { request } from 'node:https';
import type { Duplex } from 'node:stream';

/** Where a WebSocket is opened. The name is not looked up: this machine is asked. */
type Address = { readonly domain: string; readonly port: number; readonly path: string };

/** A WebSocket that is open. */
export type OpenWebSocket = {
  /** Says one thing (at most 125 bytes) and resolves with the next answer; rejects where the connection ends before that. */
  ask(words: string): Promise<string>;
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
    asked.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
      socket.on('error', () => undefined);
      resolve({ ask: (words) => askOn(socket, head, words), close: () => socket.destroy() });
    });
    asked.on('error', reject);
    asked.end();
  });
}

function askOn(socket: Duplex, head: Buffer, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = head;
    const look = (): void => {
      const answer = textOf(heard);
      if (answer === undefined) return;
      socket.off('data', hear);
      socket.off('close', ended);
      resolve(answer);
    };
    const hear = (chunk: Buffer): void => {
      heard = Buffer.concat([heard, chunk]);
      look();
    };
    const ended = (): void => reject(new Error('the WebSocket was closed without an answer'));
    if (socket.destroyed) return ended();
    socket.on('data', hear);
    socket.on('close', ended);
    socket.write(textFrame(words));
    look();
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

/** A masked text frame, as clients must send them; the mask is all zeros. */
function textFrame(words: string): Buffer {
  const content = Buffer.from(words);
  return Buffer.concat([Buffer.from([0x81, 0x80 | content.length, 0, 0, 0, 0]), content]);
}

/** The text of a short unmasked frame, once all of it is there. */
function textOf(frame: Buffer): string | undefined {
  const length = frame[1] ?? 0;
  return frame.length < 2 + length || frame.length < 2 ? undefined : frame.toString('utf8', 2, 2 + length);
}
