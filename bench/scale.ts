import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { standardRestart } from '../src/components/standard-restart.ts';
import { statusSchema } from '../src/contract/status.ts';
import { StateFile } from '../src/machine/files/state-file.ts';
import type { GroupSpec, ServiceSpec } from '../src/services/service.ts';
import { launcher } from '../test/rig/box.ts';
import { median, startsIn } from './figures.ts';
import { pause, until } from './faults/until.ts';

/*
 * The daemon with very many services: 100 sites of ten small programs each, beside one site of five. How long a restart after
 * `kill -9` takes, what the daemon needs, how long `status` takes, and how long the next daemon takes until it has all of them.
 */

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '100' },
    services: { type: 'string', default: '10' },
    kills: { type: 'string', default: '30' },
  },
});
const kills = Number(values.kills);
const megabyte = 1024 * 1024;
/** The user `nobody` of Debian. */
const nobody = { name: 'nobody', uid: 65_534, gid: 65_534 };

/** What one size of installation needs. Milliseconds, megabytes, percent of one core, seconds. */
type Measured = {
  readonly restart: number;
  readonly memory: number;
  readonly idle: number;
  readonly status: number;
  readonly adoption: number;
};

/** A daemon of its own with so many sites, each with so many programs that write a line at their start. */
class Installation {
  readonly #folder = mkdtempSync(join(tmpdir(), 'roadie-scale-'));
  readonly #sites: number;
  readonly #services: number;
  #daemon: ChildProcess | undefined;

  constructor(sites: number, services: number) {
    this.#sites = sites;
    this.#services = services;
  }

  get total(): number {
    return this.#sites * this.#services;
  }

  #fileOf(site: number, service: number): string {
    return join(this.#lines, `site${site}-program${service}`);
  }

  get #lines(): string {
    return join(this.#folder, 'lines');
  }

  get #environment(): NodeJS.ProcessEnv {
    return { ...process.env, ROADIE_BASE: join(this.#folder, 'base'), ROADIE_RUN: join(this.#folder, 'run') };
  }

  async write(): Promise<void> {
    const states = join(this.#folder, 'base/state/sites');
    mkdirSync(states, { recursive: true });
    mkdirSync(this.#lines);
    chmodSync(this.#folder, 0o755);
    chmodSync(this.#lines, 0o777);
    for (let site = 0; site < this.#sites; site += 1) {
      const name = `site${site}`;
      const services = Array.from({ length: this.#services }, (_none, index): ServiceSpec => ({
        group: name,
        name: `program${index}`,
        command: ['/bin/sh', '-c', 'echo "$(date +%s%N) $$" >> "$0"; exec sleep infinity', this.#fileOf(site, index)],
        directory: '/',
        // As a site's services run: only then does each have a control group of its own.
        ...(process.getuid?.() === 0 && { user: nobody }),
        environment: { PATH: '/usr/bin:/bin' },
        sockets: [],
        passing: 'none',
        after: [],
        readiness: { probe: { kind: 'running', seconds: 0.5 }, timeoutSeconds: 600 },
        ...(index === 0 && { liveness: { intervalSeconds: 5, timeoutSeconds: 4, failures: 3 } }),
        stop: { signal: 'SIGTERM', timeoutSeconds: 5 },
        restart: standardRestart,
        replace: 'restart',
        log: { path: join(this.#folder, `${name}-${index}.log`), maxBytes: 1_000_000, keep: 1 },
      }));
      const limits = { processes: 1000, memoryBytes: 4096 * megabyte, buildMemoryBytes: 1024 * megabyte };
      const group: GroupSpec = { group: name, folders: [], services, limits };
      await new StateFile<unknown>(join(states, `${name}.json`)).write({
        name,
        domains: [`${name}.localhost`],
        ports: { http: 8080, https: 8443 },
        request: { kind: 'up', source: this.#folder },
        ownerEnvironment: {},
        secrets: {},
        group,
      });
    }
  }

  start(): void {
    this.#daemon = spawn(launcher, ['daemon', 'run'], {
      env: this.#environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  roadie(...words: readonly string[]): string {
    return execFileSync(launcher, words, { env: this.#environment, encoding: 'utf8', maxBuffer: 64 * megabyte });
  }

  /** The process of each service that is ready, by site and name. */
  ready(): ReadonlyMap<string, number> {
    const { sites } = statusSchema.parse(JSON.parse(this.roadie('status', '--json')));
    const found = new Map<string, number>();
    for (const site of sites)
      for (const { name, state, pid } of site.services)
        if (state === 'ready' && pid !== null) found.set(`${site.name}/${name}`, pid);
    return found;
  }

  allReady(): Promise<void> {
    return until('all services to be ready', 600_000, () => Promise.resolve(this.#isReady()));
  }

  #isReady(): boolean {
    try {
      return this.ready().size === this.total;
    } catch {
      return false;
    }
  }

  /** Kills a service; milliseconds until the next one's line. */
  async kill(site: number, service: number): Promise<number> {
    const file = this.#fileOf(site, service);
    const before = startsIn(file);
    const pid = before.at(-1)?.pid ?? 0;
    const killed = Number(
      execFileSync('/bin/sh', ['-c', 'date +%s%N; kill -9 "$0"', String(pid)], { encoding: 'utf8' }),
    );
    await until('the restart', 60_000, () => Promise.resolve(startsIn(file).length > before.length));
    return (startsIn(file)[before.length]?.time ?? Number.NaN) - killed / 1e6;
  }

  /** Milliseconds from the next daemon's start until it says that it has all services as they were. */
  async replaceDaemon(): Promise<number> {
    const before = this.ready();
    const ended = new Promise((resolve) => this.#daemon?.once('exit', resolve));
    process.kill(this.pid, 'SIGKILL');
    await ended;
    const began = performance.now();
    this.start();
    await this.allReady();
    const took = performance.now() - began;
    const after = this.ready();
    for (const [name, pid] of before) if (after.get(name) !== pid) throw new Error(`${name} was not adopted`);
    return took;
  }

  /** Ends all that it has started. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#daemon?.once('exit', resolve));
    this.roadie('daemon', 'stop', '--services');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Processor time of a process until now, in seconds. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function measure(sites: number, services: number): Promise<Measured> {
  const installation = new Installation(sites, services);
  await installation.write();
  installation.start();
  try {
    await installation.allReady();
    process.stderr.write(`${installation.total} services are ready\n`);
    await pause(3000);
    const restarts: number[] = [];
    for (let turn = 0; turn < kills; turn += 1) {
      restarts.push(await installation.kill((turn * 7) % sites, turn % services));
      // One that has run for a second is taken for a good one.
      await pause(services * sites > kills ? 200 : 1500);
    }
    await pause(5000);
    const [before, began] = [processorSeconds(installation.pid), performance.now()];
    await pause(20_000);
    const idle = (100_000 * (processorSeconds(installation.pid) - before)) / (performance.now() - began);
    const asked = [0, 1, 2].map(() => {
      const from = performance.now();
      installation.roadie('status', '--json');
      return performance.now() - from;
    });
    const adoption = (await installation.replaceDaemon()) / 1000;
    const memory =
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${installation.pid}/status`, 'utf8'))?.[1]) / 1024;
    return { restart: median(restarts), memory, idle, status: median(asked) / 1000, adoption };
  } finally {
    await installation.close();
  }
}

const few = await measure(1, 5);
const many = await measure(Number(values.sites), Number(values.services));
const line = (what: string, of: (measured: Measured) => string, most: string): string =>
  `| ${what} | ${of(few)} | ${of(many)} | ${most} |`;
process.stdout.write(
  `${[
    `Medians of ${kills} kills; ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, load average ${loadavg()[0]?.toFixed(0)}, Node ${process.versions.node}.`,
    '',
    `| | 5 services | ${Number(values.sites) * Number(values.services)} services of ${values.sites} sites | to reach |`,
    '|---|--:|--:|--:|',
    line("`kill -9` to the program's first line again, ms", (each) => each.restart.toFixed(1), '1.5 × five'),
    line('daemon, MB', (each) => each.memory.toFixed(0), '150'),
    line('daemon at rest, % of a core', (each) => each.idle.toFixed(1), '2'),
    line('`status`, s', (each) => each.status.toFixed(2), '1'),
    line('the next daemon has all services, s', (each) => each.adoption.toFixed(1), '10'),
  ].join('\n')}\n`,
);
