import { lchownSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';

import type { Ownership } from '../../services/ownership.ts';
import { ensureFolder } from '../files/files.ts';
import { closeServer, listenOnSocket, readBody } from './unix-server.ts';

/** A POST as the handler sees it: which site's address was called, and what came. Header names are in small letters. */
export type HookRequest = {
  readonly site: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
};

/** What is answered, as text. */
export type HookAnswer = { readonly status: number; readonly text: string };

/** The edge has the same limit: what comes from elsewhere is refused here. */
const bodyLimitBytes = 1024 * 1024;

/** Connections at the same time; what comes beyond is closed. */
const connectionLimit = 32;

/**
 * Serves webhooks on a unix socket that the edge's workers may open, and nobody else: `POST /SITE`, and nothing of the API. `group`
 * is the edge's; without one the socket is this user's alone. Resolves once it listens.
 */
export async function serveHooks(
  path: string,
  group: number | undefined,
  handle: (request: HookRequest) => HookAnswer,
): Promise<{ close(): Promise<void> }> {
  const ownership: Ownership | undefined =
    group === undefined ? undefined : { uid: process.getuid?.() ?? 0, gid: group };
  await ensureFolder(dirname(path), { mode: group === undefined ? 0o700 : 0o710, ownership });
  const server = createServer((request, response) => {
    void answer(request, response, handle).catch(() => response.destroy());
  });
  server.maxConnections = connectionLimit;
  server.requestTimeout = 15_000;
  server.headersTimeout = 10_000;
  await listenOnSocket(server, path, group === undefined ? 0o600 : 0o660);
  if (ownership) lchownSync(path, ownership.uid, ownership.gid);
  return { close: () => closeServer(server) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HookRequest) => HookAnswer,
): Promise<void> {
  const respond = ({ status, text }: HookAnswer): void => {
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
  };
  const site = /^\/([a-z][a-z0-9-]{0,30})(?:\?.*)?$/.exec(request.url ?? '')?.[1];
  if (site === undefined) return respond({ status: 404, text: 'There is nothing here.' });
  if (request.method !== 'POST') return respond({ status: 405, text: 'A webhook is called with POST.' });
  const body = await readBody(request, bodyLimitBytes);
  if (!body) return respond({ status: 413, text: 'That is more than 1 MB.' });
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  respond(handle({ site, headers, body }));
}
