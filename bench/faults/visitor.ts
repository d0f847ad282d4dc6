import { Agent, request } from 'node:https';

/** Where a stack answers: always over HTTPS on this machine. */
export type Target = { readonly domain: string; readonly port: number };

/** One request as a browser sends it. */
export type Ask = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  /** A connection of its own, closed afterwards; otherwise one that was used before. */
  readonly fresh?: boolean;
  /** Source address: another visitor. Any address of 127.0.0.0/8. */
  readonly from?: string;
};

export type Answer = { readonly status: number; readonly body: string; readonly location: string | undefined };

/** The connection broke. `unanswered`: on a connection used before, and before a byte of the answer. */
export class Broken extends Error {
  readonly unanswered: boolean;

  constructor(message: string, unanswered: boolean) {
    super(message);
    this.unanswered = unanswered;
  }
}

/** How long a visitor waits for a page, in milliseconds. */
const patience = 60_000;

/** Somebody with a browser: keeps connections and cookies, sends the CSRF token. */
export class Visitor {
  readonly target: Target;
  readonly #cookies = new Map<string, string>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 64 });

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
    const { domain, port } = this.target;
    const origin = `https://${domain}:${port}`;
    const form = ask.form && { csrfmiddlewaretoken: this.#cookies.get('csrftoken') ?? '', ...ask.form };
    const body = form && new URLSearchParams(form).toString();
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port,
        path: ask.path,
        method: ask.method,
        servername: domain,
        rejectUnauthorized: false,
        agent: ask.fresh === true ? false : this.#agent,
        ...(ask.from !== undefined && { localAddress: ask.from }),
        headers: {
          host: `${domain}:${port}`,
          cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(body !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
            origin,
            referer: `${origin}${ask.path}`,
          }),
        },
      });
      let answered = false;
      const broken = (error: Error): void => reject(new Broken(error.message, sent.reusedSocket && !answered));
      const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${patience / 1000} s`)), patience);
      sent.once('close', () => clearTimeout(timer));
      sent.on('error', broken);
      sent.once('response', (response) => {
        answered = true;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', broken);
        response.once('end', () => {
          for (const cookie of response.headers['set-cookie'] ?? []) {
            const [pair = ''] = cookie.split(';');
            this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
          }
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: text, location: response.headers.location });
        });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
