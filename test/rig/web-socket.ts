import { request, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Opens a WebSocket as a browser does, except that the name is not looked up; says one thing (at most 125 bytes) and resolves with
 * the first answer. Source: RFC 6455.
 */
export function askWebSocket(
  address: { readonly domain: string; readonly port: number; readonly path: string },
  words: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(opening(address));
    asked.on('response', (response) => {
      reject(new Error(`no WebSocket but ${response.statusCode}`));
      response.destroy();
    });
    asked.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
      let heard = head;
      const look = (): void => {
        const answer = textOf(heard);
        if (answer === undefined) return;
        socket.destroy();
        resolve(answer);
      };
      socket.on('data', (chunk: Buffer) => {
        heard = Buffer.concat([heard, chunk]);
        look();
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the WebSocket was closed without an answer')));
      socket.write(textFrame(words));
      look();
    });
    asked.on('error', reject);
    asked.end();
  });
}

function opening(address: { readonly domain: string; readonly port: number; readonly path: string }): RequestOptions {
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

/** The text of a short unmasked frame, once all of it is there. */
function textOf(frame: Buffer): string | undefined {
  const length = frame[1] ?? 0;
  return frame.length < 2 + length || frame.length < 2 ? undefined : frame.toString('utf8', 2, 2 + length);
}

/** A WebSocket that stays open. */
export type HeldWebSocket = {
  /** Resolves with the code of the other side's close frame; with 1006 where it went without one. Source: RFC 6455, section 7.4. */
  readonly closed: Promise<number>;
  end(): void;
};

/** Opens a WebSocket that hears one text first and then waits for its end. */
export function holdWebSocket(
  address: { readonly domain: string; readonly port: number; readonly path: string },
  words: string,
): Promise<HeldWebSocket> {
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
          if (kind === 1) resolve({ closed, end: () => void socket.destroy() });
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
