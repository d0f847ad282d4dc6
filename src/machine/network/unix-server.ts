import { rm } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';

/**
 * Lets an HTTP server listen on a unix socket with that mode, in the place of whatever file lies there. The socket never has a
 * wider mode, not even for a moment: the umask is what `bind` obeys.
 */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<void> {
  await rm(path, { force: true });
  const before = process.umask(0o777 & ~mode);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
}

/** Ends a server with all its connections. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * A request's body; undefined where it has more bytes than the limit. It is read to its end all the same and thrown away: who
 * closes while the other side still writes is not heard.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) chunks = [];
    else chunks.push(chunk);
  }
  return size > limit ? undefined : Buffer.concat(chunks);
}
