import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { type Status, statusSchema } from '../../src/contract/status.ts';
import { allProcesses } from '../../src/machine/processes/processes.ts';
import { Box, launcher, type Ran, runCommand } from '../../test/rig/box.ts';
import { Member } from './load.ts';
import { until } from './until.ts';
import type { Target } from './visitor.ts';

const boards = fileURLToPath(new URL('../../examples/boards', import.meta.url));

/** What the forum runs on: Django's database, and the server that its code runs in. */
export type Foundation = { readonly database: 'postgresql' | 'mariadb'; readonly server: 'gunicorn' | 'uvicorn' };

/** What a project gets that names neither. */
export const usualFoundation: Foundation = { database: 'postgresql', server: 'gunicorn' };

/** The forum behind Roadie, in folders of its own, with a copy of the project that can be changed and broken. */
export class Ours {
  readonly box: Box;
  readonly foundation: Foundation;
  readonly site: string;
  readonly target: Target;
  /** The project's folder. */
  readonly project: string;
  #member: Member | undefined;
  #version = 0;

  private constructor(box: Box, foundation: Foundation) {
    this.box = box;
    this.foundation = foundation;
    this.site = box.name('forum');
    this.target = { domain: `${this.site}.localhost`, port: box.ports.https };
    this.project = join(box.folder, 'forum');
  }

  static async open(foundation: Foundation = usualFoundation): Promise<Ours> {
    const ours = new Ours(await Box.open(), foundation);
    await cp(boards, ours.project, { recursive: true });
    // A release that hangs is given up on after this; the default of a minute would make the runs long.
    await ours.configure('timeout_seconds = 10\n');
    return ours;
  }

  /**
   * Writes the project's config: `[health]` with more lines of it, or of sections after it. The watch after a switch would take what
   * is killed here for the new release's fault, so there is none.
   */
  configure(more = ''): Promise<void> {
    const { database, server } = this.foundation;
    const chosen = [
      ...(database === usualFoundation.database ? [] : [`database = "${database}"\n`]),
      ...(server === usualFoundation.server ? [] : [`[web]\nserver = "${server}"\n`]),
    ];
    return this.write(
      'roadie.toml',
      `${chosen.join('\n')}\n[bake]\nseconds = 0\n\n[health]\npath = "/health/"\n${more}`,
    );
  }

  /** The module that the server loads. */
  get entry(): string {
    return this.foundation.server === 'gunicorn' ? 'forum/wsgi.py' : 'forum/asgi.py';
  }

  get member(): Member {
    if (!this.#member) throw new Error('the forum is not up yet');
    return this.#member;
  }

  async start(): Promise<void> {
    const ran = await this.up();
    if (ran.code !== 0) throw new Error(`up failed:\n${ran.all}`);
    this.#member = await Member.join(this.target);
  }

  /** `roadie up` with whatever the project's folder holds now. */
  up(): Promise<Ran> {
    return this.box.up(this.project, this.site, '--yes', '--wait');
  }

  /** Changes one line of the project. Answers the text that `/health/` says once that is live. */
  async change(): Promise<string> {
    this.#version += 1;
    const said = `ok ${this.#version}`;
    const view = await readFile(join(boards, 'forum/views.py'), 'utf8');
    const changed = view.replace('"ok\\n"', `"${said}\\n"`);
    if (changed === view) throw new Error("the forum's health view is not as expected");
    await this.write('forum/views.py', changed);
    return said;
  }

  /** Writes a file of the project. */
  write(path: string, content: string): Promise<void> {
    return writeFile(join(this.project, path), content);
  }

  /** Puts a file of the project back as it was, or takes it away where it was not there. */
  async restore(path: string): Promise<void> {
    const content = await readFile(join(boards, path)).catch(() => undefined);
    if (content) await writeFile(join(this.project, path), content);
    else await rm(join(this.project, path), { force: true });
  }

  async health(): Promise<string> {
    return (await this.member.visitor.ask({ method: 'GET', path: '/health/', fresh: true })).body.trim();
  }

  /** The serial number of the certificate that visitors are shown. */
  certificate(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: this.target.port,
        servername: this.target.domain,
        rejectUnauthorized: false,
      });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
    });
  }

  async status(): Promise<Status> {
    const ran = await this.box.roadie(['status', '--json']);
    return statusSchema.parse(JSON.parse(ran.stdout));
  }

  /** The main process of a service of the site. */
  async pid(service: string): Promise<number> {
    const found = (await this.status()).sites[0]?.services.find((each) => each.name === service)?.pid;
    if (typeof found !== 'number') throw new Error(`${service} has no process`);
    return found;
  }

  async nginx(): Promise<number> {
    const pid = Number(await readFile(join(this.box.folder, 'run/edge/nginx.pid'), 'utf8'));
    if (!(pid > 1)) throw new Error('NGINX has no pid file');
    return pid;
  }

  /** Waits until every service is ready and nothing is left over, and answers from the new state. */
  async settled(): Promise<void> {
    await until('the site to be live', 60_000, async () => (await this.status()).sites[0]?.state === 'live');
    const web = await this.pid('web');
    const word = this.foundation.server === 'gunicorn' ? 'roadie_wsgi' : 'roadie_asgi';
    await until('one web server alone', 60_000, () => Promise.resolve(this.mains(word).every((pid) => pid === web)));
    await until('an answer', 30_000, async () => (await this.health()).startsWith('ok'));
  }

  /** Main processes of this site's services by a word of their command line. */
  mains(word: string): readonly number[] {
    return [...allProcesses()].flatMap(([pid, { session }]) => {
      const line = session === pid ? commandLineOf(pid) : '';
      return line.includes(`${this.box.folder}/`) && line.includes(word) ? [pid] : [];
    });
  }

  /** Runs a command with `--json` and tells each event of it. */
  async watch(words: readonly string[], onEvent: (event: Readonly<Record<string, unknown>>) => void): Promise<number> {
    const { folder } = this.box;
    const child = spawn(launcher, [...words, '--json'], {
      cwd: '/',
      env: { ...process.env, ROADIE_BASE: join(folder, 'base'), ROADIE_RUN: join(folder, 'run') },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const event: unknown = JSON.parse(line);
      if (typeof event === 'object' && event !== null) onEvent(event as Readonly<Record<string, unknown>>);
    }
    return new Promise((resolve) => {
      if (child.exitCode !== null) resolve(child.exitCode);
      else child.once('exit', (code) => resolve(code ?? -1));
    });
  }

  get upWords(): readonly string[] {
    const { http, https } = this.box.ports;
    return [
      'up',
      this.project,
      '--name',
      this.site,
      '--http-port',
      String(http),
      '--https-port',
      String(https),
      '--yes',
    ];
  }

  /** The versions of what is measured. */
  async software(): Promise<string> {
    const python = join(this.box.folder, 'base/sites', this.site, 'current/venv/bin/python');
    const { database, server } = this.foundation;
    const asked = `import platform; from importlib.metadata import version; print(f"Python {platform.python_version()}, Django {version('django')}, ${server} {version('${server}')}, ${database}")`;
    const nginx = (await runCommand(['/usr/sbin/nginx', '-v'])).stderr
      .trim()
      .replace('nginx version: nginx/', 'NGINX ');
    return `${nginx}, ${(await runCommand([python, '-c', asked])).stdout.trim()}`;
  }

  close(): Promise<void> {
    return this.box.close();
  }
}

/** What a process was started with; empty where it is gone. */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
