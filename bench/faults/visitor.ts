import http2 from 'node:http2';
import { request } from 'node:https';
import net from 'node:net';
import tls from 'node:tls';

/** Where a stack answers: always over HTTPS on this machine. */
export type Target = { readonly domain: string; readonly port: number };

/** One request as a browser sends it. */
export type Ask = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  /** A connection of its own, closed afterwards; otherwise the visitor's, over HTTP/2 where the server speaks it. */
  readonly fresh?: boolean;
  /** Source address: another visitor. Any address of 127.0.0.0/8. */
  readonly from?: string;
};

export type Answer = { readonly status: number; readonly body: string; readonly location: string | undefined };

/**
 * The connection broke. `again`: what a browser does then. 'any': the server has said that it did not begin with the request (RFC 9113,
 * 8.7), so whatever it was it is sent again. 'safe': the connection had been used before and closed before a byte of the answer.
 */
export class Broken extends Error {
  readonly again: 'any' | 'safe' | 'no';

  constructor(message: string, again: Broken['again']) {
    super(message);
    this.again = again;
  }
}

type Kept = { readonly session: http2.ClientHttp2Session; used: boolean };

/** How long a visitor waits for a page, in milliseconds. */
const patience = 60_000;

/** Somebody with a browser: keeps connections and cookies, sends the CSRF token. */
export class Visitor {
  readonly target: Target;
  readonly #cookies = new Map<string, string>();
  /** One connection for each source address. */
  readonly #kept = new Map<string, Kept>();

  constructor(target: Target) {
    this.target = target;
  }

  /** The same person at another address: the same cookies, connections of its own. */
  at(target: Target): Visitor {
    const visitor = new Visitor(target);
    for (const [name, value] of this.#cookies) visitor.#cookies.set(name, value);
    return visitor;
  }

  /** Throws {@link Broken} where no whole answer comes. */
  ask(ask: Ask): Promise<Answer> {
    const form = ask.form && { csrfmiddlewaretoken: this.session.token, ...ask.form };
    const body = form && new URLSearchParams(form).toString();
    return ask.fresh === true ? this.#onItsOwn(ask, body) : this.#onKept(ask, body);
  }

  /** What is sent along by whoever asks as this visitor by other means. */
  get session(): { readonly cookie: string; readonly token: string } {
    return {
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      token: this.#cookies.get('csrftoken') ?? '',
    };
  }

  close(): void {
    for (const { session } of this.#kept.values()) session.destroy();
    this.#kept.clear();
  }

  #headers(ask: Ask, body: string | undefined): Record<string, string> {
    const origin = `https://${this.target.domain}:${this.target.port}`;
    return {
      cookie: this.session.cookie,
      ...(body !== undefined && {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
        origin,
        referer: `${origin}${ask.path}`,
      }),
    };
  }

  /** HTTP/1.1 on a connection that is closed afterwards. */
  #onItsOwn(ask: Ask, body: string | undefined): Promise<Answer> {
    const { domain, port } = this.target;
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port,
        path: ask.path,
        method: ask.method,
        servername: domain,
        rejectUnauthorized: false,
        agent: false,
        ...(ask.from !== undefined && { localAddress: ask.from }),
        headers: { ...this.#headers(ask, body), host: `${domain}:${port}` },
      });
      const broken = (error: Error): void => reject(new Broken(error.message, 'no'));
      const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${patience / 1000} s`)), patience);
      sent.once('close', () => clearTimeout(timer));
      sent.on('error', broken);
      sent.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', broken);
        response.once('end', () => {
          this.#keepCookies(response.headers['set-cookie']);
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: text, location: response.headers.location });
        });
      });
      sent.end(body);
    });
  }

  /** HTTP/2 on the connection of that address. */
  #onKept(ask: Ask, body: string | undefined): Promise<Answer> {
    const { domain, port } = this.target;
    const kept = this.#connection(ask.from ?? '127.0.0.1');
    const { used } = kept;
    kept.used = true;
    return new Promise((resolve, reject) => {
      let answered = false;
      let status = 0;
      let location: string | undefined;
      const chunks: Buffer[] = [];
      let stream: http2.ClientHttp2Stream;
      try {
        stream = kept.session.request({
          ':method': ask.method,
          ':path': ask.path,
          ':authority': `${domain}:${port}`,
          ...this.#headers(ask, body),
        });
      } catch (error) {
        // The server had said goodbye before it was sent.
        reject(new Broken(String(error), 'any'));
        return;
      }
      const timer = setTimeout(() => stream.destroy(new Error(`no answer in ${patience / 1000} s`)), patience);
      let why = 'the connection was closed';
      stream.on('error', (error) => {
        why = error.message;
      });
      stream.once('response', (headers) => {
        answered = true;
        status = Number(headers[':status']);
        location = headers.location;
        this.#keepCookies(headers['set-cookie']);
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      let ended = false;
      stream.once('end', () => {
        ended = answered;
      });
      stream.once('close', () => {
        clearTimeout(timer);
        if (ended) resolve({ status, body: Buffer.concat(chunks).toString('utf8'), location });
        else if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM || stream.pending)
          reject(new Broken(why, 'any'));
        else reject(new Broken(why, used && !answered ? 'safe' : 'no'));
      });
      stream.end(body);
    });
  }

  #connection(from: string): Kept {
    const found = this.#kept.get(from);
    if (found && !found.session.closed && !found.session.destroyed) return found;
    const { domain, port } = this.target;
    const session = http2.connect(`https://${domain}:${port}`, {
      createConnection: () =>
        tls.connect({
          socket: net.connect({ host: '127.0.0.1', port, localAddress: from }),
          servername: domain,
          rejectUnauthorized: false,
          ALPNProtocols: ['h2'],
        }),
    });
    const kept = { session, used: false };
    this.#kept.set(from, kept);
    const forget = (): void => {
      if (this.#kept.get(from) === kept) this.#kept.delete(from);
    };
    // The streams tell what became of them.
    session.on('error', forget);
    session.on('goaway', forget);
    session.on('close', forget);
    return kept;
  }

  #keepCookies(cookies: readonly string[] | undefined): void {
    for (const cookie of cookies ?? []) {
      const [pair = ''] = cookie.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
  }
}
