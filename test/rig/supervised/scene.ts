import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { StateFile } from '../../../src/machine/files/state-file.ts';
import { standardRestart } from '../../../src/components/standard-restart.ts';
import type { ServiceSpec } from '../../../src/services/service.ts';
import { Supervisor } from '../../../src/supervisor/supervisor.ts';
import { pinnedNode } from '../pinned-node.ts';

const child = fileURLToPath(new URL('child.py', import.meta.url));

/** Anything said by a supervisor or its host, as loose as a line of JSON is. */
export type Said = { readonly type: string; readonly [key: string]: unknown };

/** Collects what is said, and resolves when something is. */
export class Ear {
  readonly heard: Said[] = [];
  #waiting: (() => void)[] = [];

  readonly hear = (said: Said): void => {
    this.heard.push(said);
    for (const wake of this.#waiting.splice(0)) wake();
  };

  /** The first of what was or will be said, from `from` on, that fits. */
  async until(fits: (said: Said) => boolean, from = 0): Promise<Said> {
    for (;;) {
      const found = this.heard.slice(from).find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** A service that went into a state. */
export function went(service: string, to: string): (said: Said) => boolean {
  return (said) => said.type === 'service-changed' && said['service'] === service && said['to'] === to;
}

/** A folder of its own with a supervisor in it. Whatever still runs from it at the end is killed. */
export class Scene {
  readonly folder = mkdtempSync(join(tmpdir(), 'roadie-sv-'));
  readonly ear = new Ear();
  readonly #supervisors: Supervisor[] = [];
  readonly #hosts: ChildProcess[] = [];

  constructor() {
    mkdirSync(join(this.folder, 'run'));
  }

  supervisor(changes: Partial<ConstructorParameters<typeof Supervisor>[0]> = {}): Supervisor {
    const supervisor = new Supervisor({
      emit: this.ear.hear,
      state: new StateFile(join(this.folder, 'state.json')),
      runFolder: join(this.folder, 'run'),
      ...changes,
    });
    this.#supervisors.push(supervisor);
    return supervisor;
  }

  /** The end of a supervisor whose services live on, for another one to adopt. */
  async leave(supervisor: Supervisor): Promise<void> {
    this.#supervisors.splice(this.#supervisors.indexOf(supervisor), 1);
    await supervisor.close({ services: false });
  }

  /** A supervisor in a process of its own. */
  host(): { readonly process: ChildProcess; readonly ear: Ear } {
    const program = spawn(pinnedNode, [fileURLToPath(new URL('host.ts', import.meta.url)), this.folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ear = new Ear();
    createInterface({ input: program.stdout }).on('line', (line) => ear.hear(JSON.parse(line) as Said));
    this.#hosts.push(program);
    return { process: program, ear };
  }

  /** A spec with everything in its plainest form: ready as soon as it has lasted a moment. */
  service(name: string, args: readonly string[], changes: Partial<ServiceSpec> = {}): ServiceSpec {
    return {
      group: 'scene',
      name,
      // The folder as the last argument marks our processes.
      command: ['/usr/bin/python3', child, ...args, this.folder],
      directory: this.folder,
      environment: { PATH: '/usr/bin:/bin' },
      sockets: [],
      passing: 'none',
      after: [],
      readiness: { probe: { kind: 'running', seconds: 0.2 }, timeoutSeconds: 20 },
      stop: { signal: 'SIGTERM', timeoutSeconds: 10 },
      restart: standardRestart,
      replace: 'restart',
      log: { path: join(this.folder, `${name}.log`), maxBytes: 1_000_000, keep: 1 },
      ...changes,
    };
  }

  /** A web service on a unix socket, replaced side by side. */
  web(version: string, changes: Partial<ServiceSpec> = {}): ServiceSpec {
    const socket = this.socket;
    return this.service('web', ['serve', '0'], {
      environment: { PATH: '/usr/bin:/bin', VERSION: version },
      sockets: [{ kind: 'unix', path: socket, mode: 0o660 }],
      passing: 'listen-fds',
      readiness: {
        probe: { kind: 'http', socket, path: '/', host: 'scene.localhost', headers: {} },
        timeoutSeconds: 20,
      },
      replace: 'overlap',
      ...changes,
    });
  }

  get socket(): string {
    return join(this.folder, 'run', 'web.sock');
  }

  /** The body of an answer: pid and version. */
  get(
    path = '/',
    target: { readonly socketPath: string } | { readonly port: number } = { socketPath: this.socket },
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...target, path, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve(body));
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  /** Pids of all living processes of a service's program. */
  processes(mode = ''): readonly number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => {
        if (!Number.isInteger(pid)) return false;
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return (
            words.includes(this.folder) &&
            words.some((word) => word.endsWith('child.py')) &&
            (mode === '' || words.includes(mode))
          );
        } catch {
          return false;
        }
      });
  }

  log(service: string): string {
    return readFileSync(join(this.folder, `${service}.log`), 'utf8');
  }

  async end(): Promise<void> {
    for (const host of this.#hosts) host.kill('SIGKILL');
    for (const supervisor of this.#supervisors) await supervisor.close({ services: true });
    for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks until it holds. For what nobody announces: another process's doings. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
