import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http';
import { request as encrypted } from 'node:https';

import { pause } from '../faults/until.ts';

/** A server of this machine, by the name that its visitors know. */
export type Front = { readonly host: string; readonly port: number; readonly isEncrypted: boolean };

/** Asks for the front page every 50 ms, as a browser does that follows redirects. Answers when the first 200 came. */
export async function firstPage(front: Front, signal: AbortSignal): Promise<number | undefined> {
  for (; !signal.aborted; await pause(50)) if (await givesPage(front)) return Date.now();
  return undefined;
}

/** Whether `/` ends in a page. */
export async function givesPage(front: Front): Promise<boolean> {
  let path = '/';
  for (let hops = 0; hops < 6; hops += 1) {
    const answer = await ask(front, path);
    const status = answer?.statusCode ?? 0;
    if (status === 200) return true;
    const next = answer?.headers.location;
    if (status < 300 || status > 399 || next === undefined) return false;
    const url = new URL(next, `${front.isEncrypted ? 'https' : 'http'}://${front.host}:${front.port}${path}`);
    path = `${url.pathname}${url.search}`;
  }
  return false;
}

/** The head of an answer, once its body is there; undefined where none came. */
function ask({ host, port, isEncrypted }: Front, path: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: host,
      headers: { host: `${host}:${port}` },
      rejectUnauthorized: false,
      agent: false,
      timeout: 5000,
    };
    const heard = (response: IncomingMessage): void => {
      response.resume();
      response.on('end', () => resolve(response));
      response.on('error', () => resolve(undefined));
    };
    const asked: ClientRequest = isEncrypted ? encrypted(options, heard) : plain(options, heard);
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
