import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';

import { ProblemError } from '../../problems/problem.ts';

/** A request to the daemon. `path` has its query already. */
export type ApiCall = {
  readonly socketPath: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
};

/** What the daemon answered: unchecked, the caller holds the schemas. `value` is undefined where the body is not JSON. */
export type ApiReply = { readonly status: number; readonly value: unknown };

/**
 * Sends one request over a unix socket and waits for its JSON answer, however long the daemon takes.
 * Throws `daemon-not-running` where nobody listens, `root-needed` where the socket is another user's.
 */
export async function callApi(call: ApiCall): Promise<ApiReply> {
  const response = await send(call);
  return { status: response.statusCode ?? 0, value: parse(await readAll(response)) };
}

/**
 * Sends one request whose answer is a stream of server-sent events. A refusal comes back as a reply with its status;
 * otherwise the values can be iterated once, until the daemon ends the stream. Throws as {@link callApi} does.
 */
export async function streamApi(
  call: ApiCall,
): Promise<ApiReply | { readonly status: 200; readonly values: AsyncIterable<unknown> }> {
  const response = await send(call);
  const type = response.headers['content-type'] ?? '';
  if (response.statusCode !== 200 || !type.startsWith('text/event-stream')) {
    return { status: response.statusCode ?? 0, value: parse(await readAll(response)) };
  }
  return { status: 200, values: readEvents(response) };
}

function send(call: ApiCall): Promise<IncomingMessage> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const request: ClientRequest = httpRequest({
      socketPath: call.socketPath,
      method: call.method,
      path: call.path,
      // One connection for each request: a kept one would hold the program open, and may be a daemon's that has ended.
      agent: false,
      headers:
        body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      ...(call.signal && { signal: call.signal }),
    });
    request.once('response', resolve);
    // Not once: a connection that breaks after the answer has begun says so here too, and the answer's reader tells it better.
    request.on('error', (error) => reject(explain(error, call)));
    request.end(body);
  });
}

function explain(error: NodeJS.ErrnoException, call: ApiCall): Error {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR') {
    return new ProblemError({
      code: 'daemon-not-running',
      summary: `The daemon is not running: nothing listens on ${call.socketPath}`,
      cure: ['$ roadie daemon start'],
    });
  }
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new ProblemError({
      code: 'root-needed',
      summary: `The daemon's socket ${call.socketPath} belongs to another user`,
      cure: ['Run the same command as the user that runs the daemon, most likely with sudo.'],
    });
  }
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    return new ProblemError({
      code: 'daemon-failed',
      summary: 'The daemon ended before it had answered',
      cure: ['Run the same command again: what was done is kept.', '$ roadie daemon status'],
    });
  }
  return error;
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += String(chunk);
  return text;
}

/** The `data:` of each event as JSON. A stream that breaks off ends the iteration: whoever needs a last value sees that it is missing. */
async function* readEvents(response: IncomingMessage): AsyncGenerator<unknown, void, undefined> {
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) {
      const frames = (rest + String(chunk)).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const data = frame
          .split('\n')
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice('data:'.length).trimStart());
        if (data.length > 0) yield parse(data.join('\n'));
      }
    }
  } catch (error) {
    if (!isBrokenOff(error)) throw error;
  } finally {
    response.destroy();
  }
}

function isBrokenOff(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'AbortError' ||
    ('code' in error &&
      (error.code === 'ECONNRESET' || error.code === 'ABORT_ERR' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
