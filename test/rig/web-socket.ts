import { request, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

type Address = { readonly domain: string; readonly port: number; readonly path: string };

/** Opens a WebSocket, says one thing and resolves with the first answer, as {@link holdWebSocket} does. */
export async function askWebSocket(address: Address, words: string): Promise<string> {
  const held = await holdWebSocket(address, words);
  held.end();
  return held.answer;
}

function opening(address: Address): RequestOptions {
  return {
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
  };
}

/** A masked text frame, as clients must send them; the mask is all zeros. */
function textFrame(words: string): Buffer {
  const content = Buffer.from(words);
  return Buffer.concat([Buffer.from([0x81, 0x80 | content.length, 0, 0, 0, 0]), content]);
}

/** A WebSocket that stays open. */
export type HeldWebSocket = {
  /** What it heard first. */
  readonly answer: string;
  /** Resolves with the code of the other side's close frame; with 1006 where it went without one. Source: RFC 6455, section 7.4. */
  readonly closed: Promise<number>;
  end(): void;
};

/**
 * Opens a WebSocket as a browser does, except that the name is not looked up; says one thing (at most 125 bytes), and resolves once
 * it has heard the first answer. Source: RFC 6455.
 */
export function holdWebSocket(address: Address, words: string): Promise<HeldWebSocket> {
  return new Promise((resolve, reject) => {
    const asked = request(opening(address));
    asked.on('response', (response) => {
      reject(new Error(`no WebSocket but ${response.statusCode}`));
      response.destroy();
    });
    asked.on('error', reject);
    asked.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
      let heard = head;
      const { promise: closed, resolve: close } = Promise.withResolvers<number>();
      const look = (): void => {
        for (let frame = heard; frame.length >= 2; frame = heard) {
          const length = frame[1] ?? 0;
          if (frame.length < 2 + length) return;
          const kind = (frame[0] ?? 0) & 0x0f;
          if (kind === 1)
            resolve({ answer: heard.toString('utf8', 2, 2 + length), closed, end: () => void socket.destroy() });
          if (kind === 8) close(length >= 2 ? frame.readUInt16BE(2) : 1005);
          heard = frame.subarray(2 + length);
        }
      };
      socket.on('data', (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        look();
      });
      socket.on('error', () => close(1006));
      socket.on('close', () => {
        close(1006);
        reject(new Error('the WebSocket was closed without an answer'));
      });
      socket.write(textFrame(words));
      look();
    });
    asked.end();
  });
}
