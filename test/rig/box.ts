import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Releases, releasesSchema } from '../../src/contract/releases.ts';
import { fetchUserName, systemUserName } from '../../src/machine/users/user-names.ts';
import { freePort } from './free-port.ts';
import { lendUv } from './lend-uv.ts';

/** The launcher: what a user types. */
export const launcher = fileURLToPath(new URL('../../roadie', import.meta.url));

/** What a command printed and how it ended. */
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string; readonly all: string };

/** What a command said that has to succeed. */
export function must({ code, all }: Ran): string {
  if (code !== 0) throw new Error(all);
  return all;
}

/** What a visitor got. */
export type Page = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
};

export type BoxOptions = {
  /** Of the shell that its commands are typed in. */
  readonly umask?: string;
  /** Its first site finds nothing that an earlier one would have left. */
  readonly bare?: boolean;
};

/**
 * A Roadie of a test's own on this machine: its own folders, daemon and ports. Sites' names are made unique, since their system
 * users are the machine's.
 */
export class Box {
  readonly folder: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly #users = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #tag: string;
  readonly #umask: string | undefined;
  #lent: Promise<void> | undefined;

  private constructor(folder: string, ports: Box['ports'], { umask, bare = false }: BoxOptions) {
    this.#umask = umask;
    if (bare) this.#lent = Promise.resolve();
    this.folder = folder;
    this.ports = ports;
    this.#tag = Math.random().toString(36).slice(2, 7);
  }

  static async open(options: BoxOptions = {}): Promise<Box> {
    // Short: a unix socket's path has at most 107 bytes.
    const folder = await mkdtemp('/tmp/rd-');
    await chmod(folder, 0o755);
    return new Box(folder, { http: await freePort(), https: await freePort() }, options);
  }

  /** A site's name that no other test uses. */
  name(word: string): string {
    const name = `${word}-${this.#tag}`;
    for (const role of [undefined, 'build', 'postgresql', 'mariadb', 'redis', 'memcached'])
      this.#users.add(this.user(name, role));
    this.#groups.add(this.user(name, 'www'));
    return name;
  }

  /** The system user of a site: of what is live, or of another role; and of the group `www`. */
  user(site: string, role?: string): string {
    return systemUserName(join(this.folder, 'base'), site, role);
  }

  /** Runs `./roadie` as a user would, without a terminal. `input` is its standard input. */
  roadie(
    words: readonly string[],
    options: {
      readonly input?: string;
      readonly environment?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    } = {},
  ): Promise<Ran> {
    const shell = this.#umask === undefined ? [] : ['/bin/sh', '-c', `umask ${this.#umask}; exec "$@"`, 'sh'];
    const [program = launcher, ...rest] = [...shell, launcher, ...words];
    return runCommand([program, ...rest], {
      ...options,
      environment: {
        ROADIE_BASE: join(this.folder, 'base'),
        ROADIE_RUN: join(this.folder, 'run'),
        ...options.environment,
      },
    });
  }

  /** `up` with this box's ports. */
  async up(source: string, name: string, ...more: readonly string[]): Promise<Ran> {
    this.#lent ??= lendUv(join(this.folder, 'base'));
    await this.#lent;
    return this.roadie([
      'up',
      source,
      '--name',
      name,
      '--http-port',
      String(this.ports.http),
      '--https-port',
      String(this.ports.https),
      ...more,
    ]);
  }

  /** The releases of a site, and what is going on with them. */
  async releases(site: string): Promise<Releases> {
    return releasesSchema.parse(JSON.parse((await this.roadie(['releases', site, '--json'])).stdout));
  }

  /** Asks a site as a visitor does, except that the name is not looked up. */
  get(
    domain: string,
    path: string,
    options: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    } = {},
  ): Promise<Page> {
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.ports.https,
          path,
          method: options.method ?? 'GET',
          servername: domain,
          rejectUnauthorized: false,
          agent: false,
          headers: { host: `${domain}:${this.ports.https}`, ...options.headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
          response.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end(options.body);
    });
  }

  async close(): Promise<void> {
    await this.roadie(['daemon', 'stop', '--services']);
    this.#users.add(fetchUserName(join(this.folder, 'base')));
    for (const user of this.#users) await runCommand(['userdel', user]);
    for (const group of this.#groups) await runCommand(['groupdel', group]);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Runs a command to its end. */
export function runCommand(
  command: readonly [string, ...string[]],
  options: {
    readonly input?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly cwd?: string;
  } = {},
): Promise<Ran> {
  const [program, ...words] = command;
  const child = spawn(program, words, {
    cwd: options.cwd ?? '/',
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr, all: stdout + stderr }));
  });
}

/** System tests install packages and make users. */
export function requireRoot(): void {
  if (userInfo().uid !== 0) throw new Error('the system tests need root: they install packages and make system users');
}
