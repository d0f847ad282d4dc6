import type { Box } from './box.ts';

/** Somebody with a browser: keeps cookies and sends the CSRF token. */
export class Visitor {
  readonly #cookies = new Map<string, string>();
  readonly #box: Box;
  readonly #domain: string;

  constructor(box: Box, domain: string) {
    this.#box = box;
    this.#domain = domain;
  }

  async get(path: string): ReturnType<Box['get']> {
    return this.#kept(await this.#box.get(this.#domain, path, { headers: this.#headers() }));
  }

  async submit(path: string, fields: Readonly<Record<string, string>>): ReturnType<Box['get']> {
    const form = await this.get(path);
    const token = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(form.body)?.[1];
    if (token === undefined) throw new Error(`no form at ${path}: ${form.status}`);
    const body = new URLSearchParams({ csrfmiddlewaretoken: token, ...fields }).toString();
    const origin = `https://${this.#domain}:${this.#box.ports.https}`;
    const headers = {
      ...this.#headers(),
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
      referer: `${origin}${path}`,
      origin,
    };
    return this.#kept(await this.#box.get(this.#domain, path, { method: 'POST', headers, body }));
  }

  async signUp(name: string): Promise<void> {
    const password = 'a-long-Passphrase-7';
    const done = await this.submit('/account/sign-up/', {
      username: name,
      email: `${name}@example.org`,
      password1: password,
      password2: password,
    });
    if (done.status !== 302) throw new Error(`sign-up failed: ${done.status}\n${done.body.slice(0, 3000)}`);
  }

  #headers(): Record<string, string> {
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  }

  #kept<P extends Awaited<ReturnType<Box['get']>>>(page: P): P {
    for (const cookie of [page.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = cookie.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return page;
  }
}
