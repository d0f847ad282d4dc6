import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { installPackages } from '../../src/machine/packages/packages.ts';
import { isRoot } from '../../src/machine/system.ts';
import { type Ran, runCommand } from './box.ts';
import { copyAuthorities, docker, importImage, must, startEngine, stopEngine } from './engine.ts';
import { home } from './home.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What a rented server has, and Debian's smallest system has not. */
const packages = ['systemd', 'systemd-sysv', 'dbus', 'ca-certificates', 'iproute2', 'procps', 'python3', 'git', 'curl'];
const image = 'roadie-server';

/**
 * A bare Debian 12 server of its own kernel namespaces with systemd as PID 1, Node.js and nothing else: what a person rents. It
 * shares this machine's kernel, processors and package registries, and has its own address, which only this machine reaches.
 */
export class Server {
  /** Only this machine reaches it. A reboot may change it. */
  address: string;
  readonly #engine: ChildProcess;
  readonly #name: string;

  private constructor(engine: ChildProcess, name: string, address: string) {
    this.#engine = engine;
    this.#name = name;
    this.address = address;
  }

  /**
   * Makes the image where there is none, and starts a server from it. Installs Docker's engine and debootstrap on this machine.
   * `first`: its processes come before all others of this machine, for measurements that other work must not disturb much.
   * Throws with the failing program's words: without root, without Debian, or where containers may not be had.
   */
  static async start(
    options: { readonly say?: (text: string) => void; readonly first?: boolean } = {},
  ): Promise<Server> {
    if (!isRoot()) throw new Error('a server in a box needs root');
    await mkdir(home, { recursive: true, mode: 0o711 });
    await installPackages(['docker.io'], { journal: join(home, 'packages.json') });
    const engine = await startEngine();
    try {
      const tag = await ensureServerImage(options.say);
      const name = `server-${process.pid}`;
      await docker('rm', '--force', name);
      // prettier-ignore
      await must(docker('run', '--detach', '--name', name, '--hostname', 'server', '--stop-signal', 'SIGRTMIN+3',
        '--cap-add', 'SYS_ADMIN', '--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined',
        '--cgroupns=host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '--volume', `${repository}:/repository:ro`,
        '--tmpfs', '/run', '--tmpfs', '/tmp:exec', '--env', 'container=docker',
        tag, '/sbin/init'));
      if (options.first === true) await comeFirst();
      const server = new Server(engine, name, await addressOf(name));
      await server.booted();
      return server;
    } catch (error) {
      await stopEngine(engine);
      throw error;
    }
  }

  /** Runs a command as root, in root's home folder. */
  run(...command: readonly [string, ...string[]]): Promise<Ran> {
    const environment = Object.entries(networkEnvironment()).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    return docker('exec', '--workdir', '/root', '--env', 'HOME=/root', ...environment, this.#name, ...command);
  }

  /** Runs a script of the shell; throws with its output where it fails. */
  async shell(script: string): Promise<string> {
    const ran = await this.run('/bin/bash', '-euo', 'pipefail', '-c', script);
    if (ran.code !== 0) throw new Error(`${script}\n${ran.all}`);
    return ran.stdout;
  }

  /** Shuts down as `reboot` does and starts again; resolves when PID 1 runs. What is in memory alone (/run, /tmp) is gone. */
  async reboot(): Promise<void> {
    await must(docker('restart', '--time', '120', this.#name));
    this.address = await addressOf(this.#name);
  }

  /** Power cut: everything ends at once, in no order, and starts again. */
  async cutPower(): Promise<void> {
    await must(docker('kill', this.#name));
    await must(docker('start', this.#name));
    this.address = await addressOf(this.#name);
  }

  /** Resolves when systemd has started all that it starts at boot, whether or not that went well. */
  async booted(): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const { stdout, all } = await this.run('systemctl', 'is-system-running', '--wait');
      if (/^(running|degraded)/.test(stdout)) return;
      if (Date.now() > deadline) throw new Error(`the server does not boot: ${all}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    await docker('rm', '--force', '--volumes', this.#name);
    await stopEngine(this.#engine);
  }
}

/**
 * All containers together weigh as much as one process outside of them, unless told otherwise: on a busy machine next to nothing.
 * The largest weight of version 1 and 2 of control groups.
 */
async function comeFirst(): Promise<void> {
  const weights = { '/sys/fs/cgroup/cpu/docker/cpu.shares': '262144', '/sys/fs/cgroup/docker/cpu.weight': '10000' };
  for (const [path, weight] of Object.entries(weights)) if (existsSync(path)) await writeFile(path, weight);
}

async function addressOf(name: string): Promise<string> {
  const { stdout } = await must(docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', name));
  return stdout.trim();
}

/** Changes whenever what the image is made of does. */
function imageVersion(): string {
  return createHash('sha256')
    .update([...packages, ...nodeInstallation()].join('\n'))
    .digest('hex')
    .slice(0, 12);
}

/** The image of a bare server, made where there is none; the engine runs. Returns its tag. */
export async function ensureServerImage(say?: (text: string) => void): Promise<string> {
  const tag = `${image}:${imageVersion()}`;
  if ((await docker('image', 'inspect', tag)).code === 0) return tag;
  say?.('making the image of a bare Debian 12 (minutes, once) …');
  await installPackages(['debootstrap'], { journal: join(home, 'packages.json') });
  await makeImage(tag);
  return tag;
}

async function makeImage(tag: string): Promise<void> {
  const root = join(home, 'image');
  await rm(root, { recursive: true, force: true });
  await must(
    runCommand(['/usr/sbin/debootstrap', '--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', root]),
  );
  await writeFile(
    join(root, 'etc/apt/sources.list'),
    ['bookworm', 'bookworm-updates']
      .map((suite) => `deb http://deb.debian.org/debian ${suite} main\n`)
      .join('')
      .concat('deb http://deb.debian.org/debian-security bookworm-security main\n'),
  );
  // As on a server that was just delivered: no lists of packages, none kept.
  await rm(join(root, 'var/lib/apt/lists'), { recursive: true, force: true });
  await rm(join(root, 'var/cache/apt/archives'), { recursive: true, force: true });
  await mkdir(join(root, 'var/lib/apt/lists/partial'), { recursive: true });
  await mkdir(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  // debootstrap leaves a policy that no service may start: of no use to a server.
  await rm(join(root, 'usr/sbin/policy-rc.d'), { force: true });
  await copyNode(root);
  await copyAuthorities(root);
  await importImage(root, tag);
  await rm(root, { recursive: true, force: true });
}

/** This machine's Node.js and npm stand in for those that a person installs from NodeSource. */
function nodeInstallation(): readonly [string, string] {
  const find = (name: string): string => {
    const folder = (process.env['PATH'] ?? '')
      .split(delimiter)
      .find((each) => !each.includes('node_modules') && existsSync(join(each, name)));
    if (folder === undefined) throw new Error(`there is no ${name} on this machine`);
    return realpathSync(join(folder, name));
  };
  return [find('node'), dirname(dirname(find('npm')))];
}

async function copyNode(root: string): Promise<void> {
  const [node, npm] = nodeInstallation();
  await copyFile(node, join(root, 'usr/local/bin/node'));
  await chmod(join(root, 'usr/local/bin/node'), 0o755);
  await cp(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
}

/** What programs that look nowhere else are told on this machine about its network. */
export function networkEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] =>
        /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}
