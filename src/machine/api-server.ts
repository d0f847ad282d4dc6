import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';

/** A request as the daemon's handlers see it: nothing of node:http. */
export type ApiRequest = { readonly method: string; readonly url: string; readonly body: string };

/** One JSON value, or a stream of them as server-sent events that ends when `events` returns. */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'events'; readonly stream: (send: (value: unknown) => void, gone: AbortSignal) => Promise<void> };

/** A JobRequest with a large `.env` is a few hundred kilobytes; nothing legitimate is more. */
const bodyLimitBytes = 1024 * 1024;

/** Open connections at the same time; each costs memory. */
const connectionLimit = 64;

/**
 * Serves HTTP on a unix socket that only its owner can open (0600): who may connect is who may command.
 * Resolves once it listens; `close` ends open streams.
 */
export async function serveApi(
  path: string,
  handle: (request: ApiRequest) => Promise<ApiAnswer>,
): Promise<{ close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(request, response, handle);
  });
  server.maxConnections = connectionLimit;
  server.requestTimeout = 30_000;
  await rm(path, { force: true });
  await listenPrivately(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The socket must never exist with a wider mode, not even for a moment: the umask is what `bind` obeys. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
  await chmod(path, 0o600);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: ApiRequest) => Promise<ApiAnswer>,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const result = await handle({ method: request.method ?? 'GET', url: request.url ?? '/', body });
  if (result.kind === 'json') {
    response.writeHead(result.status, { 'content-type': 'application/json' }).end(`${JSON.stringify(result.value)}\n`);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.on('error', () => gone.abort());
  await result.stream((value) => {
    if (!gone.signal.aborted) response.write(`data: ${JSON.stringify(value)}\n\n`);
  }, gone.signal);
  response.end();
}

/** The body's text; undefined where it is larger than the limit. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Takes a lock that ends with the process, whatever ends it: an abstract unix socket of that name (unix(7)).
 * Returns false where another process holds it.
 */
export async function holdLock(name: string): Promise<boolean> {
  const server = createSocketServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0${name}`, () => {
      server.unref();
      resolve(true);
    });
  });
}
