import { mkdirSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { once } from 'node:events';

import { authorityPaths } from '../../src/certificates/local-authority.ts';
import { ensureCertificate } from '../../src/certificates/ensure.ts';
import {
  edgeFiles,
  edgeFolders,
  edgePaths,
  edgeService,
  siteFile,
  sitePaths,
} from '../../src/components/nginx/index.ts';
import type { EdgePlace, EdgeSite } from '../../src/components/edge/place.ts';
import type { SiteInput } from '../../src/components/edge/site-input.ts';
import { readText } from '../../src/machine/files/files.ts';
import { installPackages } from '../../src/machine/packages/packages.ts';
import {
  isAlive,
  killGroup,
  signalProcess,
  spawnService,
  type ProcessIdentity,
} from '../../src/machine/processes/processes.ts';
import { run, type RunResult } from '../../src/machine/processes/run.ts';
import { openSocket, type ListeningSocket } from '../../src/machine/network/sockets.ts';
import type { RunAs } from '../../src/services/service.ts';
import { sendRaw } from './raw.ts';
import { freePort } from './free-port.ts';

export const edgePackages = ['nginx', 'libnginx-mod-http-brotli-static', 'libnginx-mod-http-brotli-filter'] as const;

/** Installs NGINX where it is missing, without starting the package's own service. */
export async function installNginx(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'roadie-packages-'));
  await installPackages(edgePackages, { journal: join(folder, 'journal.json') });
  await rm(folder, { recursive: true });
}

export type Answer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
};

export type Ask = {
  readonly path?: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly scheme?: 'http' | 'https';
};

/** What Django's server saw of a request: the tiny server behind NGINX answers with it. */
export type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
};

/** NGINX with Roadie's configuration, on the loopback address, its sockets held by the test as the supervisor would. */
export class EdgeHost {
  readonly base: string;
  readonly ports: EdgeSite['ports'];
  readonly place: EdgePlace;
  readonly upstreams = new Map<string, http.Server>();
  #sockets: ListeningSocket[] = [];
  #identity: ProcessIdentity | undefined;
  #exited: Promise<void> = Promise.resolve();
  readonly #user: RunAs | undefined;

  private constructor(base: string, ports: EdgeSite['ports'], place: EdgePlace, user: RunAs | undefined) {
    this.base = base;
    this.ports = ports;
    this.place = place;
    this.#user = user;
  }

  /** `runAs`: run all of it as that user, as without root; else the master as root and the workers as www-data. */
  static async make(options: {
    readonly sites: readonly string[];
    readonly runAs?: RunAs;
    readonly limits?: EdgePlace['limits'];
  }): Promise<EdgeHost> {
    const base = await mkdtemp(join(tmpdir(), 'roadie-edge-'));
    await chmod(base, 0o755);
    const ports = { http: await freePort(), https: await freePort() };
    const place: EdgePlace = {
      folder: join(base, 'edge'),
      run: join(base, 'run'),
      program: '/usr/sbin/nginx',
      modules: '/usr/lib/nginx/modules',
      brotli: { static: true, filter: true },
      ...(options.runAs ? {} : { user: { uid: 33, gid: 33, name: 'www-data' } }),
      cores: availableParallelism(),
      addresses: ['127.0.0.1', '::1'],
      sites: options.sites.map((name) => ({ name, ports })),
      ...(options.limits && { limits: options.limits }),
    };
    const host = new EdgeHost(base, ports, place, options.runAs);
    for (const folder of edgeFolders(place)) {
      mkdirSync(folder.path, { recursive: true });
      await chmod(folder.path, folder.mode);
      await chown(folder.path, options.runAs?.uid ?? 0, options.runAs?.gid ?? (folder.group === 'edge' ? 33 : 0));
    }
    await host.writeMain();
    for (const name of options.sites) await host.addSite(name);
    return host;
  }

  async writeMain(place: EdgePlace = this.place): Promise<void> {
    for (const file of edgeFiles(place)) await this.#write(file.path, file.content, file.mode);
  }

  /** Everything that `up` lays down for a site, with a server behind it that answers with what it saw. */
  async addSite(name: string, changes: Partial<SiteInput> = {}): Promise<SiteInput> {
    const input = this.siteInput(name, changes);
    await ensureCertificate({
      layout: { edge: this.place.folder },
      site: name,
      domains: input.domains,
      now: new Date(),
    });
    if (this.#user) {
      for (const path of [dirname(input.certificate.chain), input.certificate.chain, input.certificate.key])
        await chown(path, this.#user.uid, this.#user.gid);
    }
    for (const folder of ['static', 'media']) await mkdir(join(this.base, name, folder), { recursive: true });
    const file = siteFile(this.place, input);
    await this.#write(file.path, file.content, file.mode);
    if (!this.upstreams.has(name)) await this.#startUpstream(name, input.webSocket);
    return input;
  }

  siteInput(name: string, changes: Partial<SiteInput> = {}): SiteInput {
    const paths = sitePaths(this.place.folder, name);
    return {
      site: name,
      domains: [`${name}.localhost`],
      ports: this.ports,
      addresses: this.place.addresses,
      certificate: { chain: paths.certificate, key: paths.key },
      webSocket: join(this.base, name, 'web.sock'),
      static: servedFolder('/static/', join(this.base, name, 'static')),
      media: servedFolder('/media/', join(this.base, name, 'media')),
      uploadLimitMb: 1,
      answerSeconds: 65,
      brotliStatic: true,
      framesByDjango: false,
      hsts: null,
      retry: true,
      accessLog: paths.accessLog,
      acme: edgePaths(this.place).acme,
      pages: edgePaths(this.place).pages,
      ...(this.place.limits && { limits: this.place.limits }),
      ...changes,
    };
  }

  async put(site: string, path: string, content: string | Buffer): Promise<void> {
    const full = join(this.base, site, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, content);
  }

  prepare(): Promise<RunResult> {
    return run(['/bin/sh', edgePaths(this.place).prepare], this.#user ? { user: this.#user } : {});
  }

  /** Opens the sockets as the supervisor does, once, and starts NGINX on them. */
  async start(): Promise<void> {
    const service = edgeService(this.place);
    if (this.#sockets.length === 0) this.#sockets = service.sockets.map((spec) => openSocket(spec));
    const log = await open(join(this.base, 'nginx.log'), 'a');
    if (this.#user) await log.chown(this.#user.uid, this.#user.gid);
    const ended = Promise.withResolvers<void>();
    this.#exited = ended.promise;
    this.#identity = spawnService(
      {
        ...service,
        ...(this.#user && { user: this.#user }),
        log: log.fd,
        sockets: this.#sockets.map((socket) => socket.fd),
      },
      { exited: () => ended.resolve(), failed: () => ended.resolve() },
    );
    await log.close();
    await this.ready();
  }

  get pid(): number {
    if (!this.#identity) throw new Error('NGINX was not started');
    return this.#identity.pid;
  }

  /** Waits until NGINX answers on its private socket. */
  async ready(): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const answer = await ask({ socketPath: edgePaths(this.place).status, path: '/ready' }).catch(() => undefined);
      if (answer?.status === 200) return;
      const dead = this.#identity === undefined || !isAlive(this.#identity);
      if (dead || Date.now() > deadline)
        throw new Error(`NGINX does not start:\n${(await readText(join(this.base, 'nginx.log'))) ?? ''}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  signal(signal: NodeJS.Signals): boolean {
    return signalProcess(this.pid, signal);
  }

  /** SIGKILL to the master alone; its workers go on. Answers once it is gone. */
  async killMaster(): Promise<number> {
    const { pid } = this;
    signalProcess(pid, 'SIGKILL');
    await this.#exited;
    return pid;
  }

  exited(): Promise<void> {
    return this.#exited;
  }

  log(): Promise<string | undefined> {
    return readText(join(this.base, 'nginx.log'));
  }

  async authority(): Promise<string> {
    return (await readText(authorityPaths(this.place.folder).certificate)) ?? '';
  }

  async ask(request: Ask = {}): Promise<Answer> {
    const scheme = request.scheme ?? 'https';
    const host = request.host ?? `${this.place.sites[0]?.name}.localhost`;
    const port = this.ports[scheme];
    const options = {
      host: '127.0.0.1',
      port,
      path: request.path ?? '/',
      method: request.method ?? 'GET',
      headers: { host: `${host}:${port}`, ...request.headers },
      agent: false as const,
    };
    if (scheme === 'http') return ask(options, request.body);
    return ask({ ...options, servername: host, ca: await this.authority(), secure: true }, request.body);
  }

  /** What the server behind NGINX saw. */
  async seen(request: Ask): Promise<Seen> {
    const answer = await this.ask(request);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString()}`);
    return JSON.parse(answer.body.toString()) as Seen;
  }

  /** Bytes as they are to the HTTP port; answers the status, or 0 where the connection was closed without one. */
  async raw(bytes: string): Promise<number> {
    return (await sendRaw(Buffer.from(bytes, 'latin1'), { port: this.ports.http, patience: 20_000 })).status;
  }

  async close(): Promise<void> {
    if (this.#identity) {
      killGroup(this.#identity.pid);
      await this.#exited;
    }
    for (const socket of this.#sockets) socket.close();
    for (const server of this.upstreams.values()) {
      server.closeAllConnections();
      server.close();
    }
    await rm(this.base, { recursive: true, force: true });
  }

  async stopUpstream(name: string): Promise<void> {
    const server = this.upstreams.get(name);
    this.upstreams.delete(name);
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  }

  async #startUpstream(name: string, socket: string): Promise<void> {
    const server = http.createServer((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('end', () => {
        const seen = { method: request.method, url: request.url, headers: request.headers, bytes };
        if (request.url === '/django-headers')
          response.setHeaders(
            new Map([
              ['X-Frame-Options', 'DENY'],
              ['X-Content-Type-Options', 'nosniff'],
              ['Referrer-Policy', 'no-referrer'],
              ['Strict-Transport-Security', 'max-age=60'],
            ]),
          );
        response
          .setHeader('Content-Type', 'application/json')
          .end(`${JSON.stringify(seen)}${request.url === '/long' ? ' '.repeat(20_000) : ''}`);
      });
    });
    server.on('upgrade', (request, stream) =>
      stream.end(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
      ),
    );
    server.listen(socket);
    await once(server, 'listening');
    await chmod(socket, 0o666);
    this.upstreams.set(name, server);
  }

  async #write(path: string, content: string, mode: number): Promise<void> {
    await writeFile(path, content);
    await chmod(path, mode);
    if (this.#user) await chown(path, this.#user.uid, this.#user.gid);
  }
}

/** A folder whose path is root's, and what is below it the site's. */
export function servedFolder(url: string, folder: string): NonNullable<SiteInput['static']> {
  return { url, folder, within: folder };
}

function ask(options: https.RequestOptions & { readonly secure?: boolean }, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (options.secure ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(chunks),
        }),
      );
      response.on('error', reject);
    });
    request.on('upgrade', (response, stream) => {
      stream.destroy();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        body: Buffer.alloc(0),
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
