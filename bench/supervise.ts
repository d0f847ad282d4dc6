import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { StateFile } from '../src/machine/files/state-file.ts';
import type { GroupSpec, ServiceSpec } from '../src/services/service.ts';
import { standardRestart } from '../src/components/standard-restart.ts';
import { startsIn } from './figures.ts';

/*
 * kill -9 to the program's own first line again, and the manager's memory: Roadie's daemon, supervisord and PM2 side by side
 * in one run, each with the same five programs. Each turn kills the next program of each, so that none is in a crash loop; the
 * managers take turns.
 */

const kills = Number(process.argv[2] ?? 20);
const programs = 5;
const home = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'roadie-bench-'));
const program = join(folder, 'program.py');

/** The time of a line is taken by the program, that of a kill by the killer: both from the same clock, in nanoseconds. */
writeFileSync(
  program,
  "import os, signal, sys, time\nwith open(sys.argv[1], 'a') as file:\n    file.write('%d %d\\n' % (time.time_ns(), os.getpid()))\nwhile True:\n    signal.pause()\n",
);
const killer =
  'import os, sys, time\nfor line in sys.stdin:\n    now = time.time_ns()\n    os.kill(int(line), 9)\n    print(now, flush=True)\n';

type Manager = { readonly name: string; readonly pid: () => number; readonly stop: () => Promise<void> };
type Starter = { readonly name: string; readonly start: (fileOf: (index: number) => string) => Promise<Manager> };

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function eventually<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const limit = Date.now() + 30_000; Date.now() < limit; await pause(10)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what} did not come about within 30 s; see ${folder}`);
}

function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));
}

const roadie: Starter = {
  name: 'Roadie',
  async start(fileOf) {
    const base = join(folder, 'roadie');
    const run = join(folder, 'run');
    mkdirSync(join(base, 'state', 'sites'), { recursive: true });
    const services = Array.from({ length: programs }, (_none, index): ServiceSpec => ({
      group: 'bench',
      name: `program${index}`,
      command: ['/usr/bin/python3', program, fileOf(index)],
      directory: folder,
      environment: { PATH: '/usr/bin:/bin' },
      sockets: [],
      passing: 'none',
      after: [],
      readiness: { probe: { kind: 'running', seconds: 0.5 }, timeoutSeconds: 10 },
      stop: { signal: 'SIGTERM', timeoutSeconds: 5 },
      restart: standardRestart,
      replace: 'restart',
      log: { path: join(folder, `program${index}.log`), maxBytes: 1_000_000, keep: 1 },
    }));
    const group: GroupSpec = { group: 'bench', folders: [], services };
    await new StateFile<unknown>(join(base, 'state', 'sites', 'bench.json')).write({
      name: 'bench',
      domains: ['bench.localhost'],
      ports: { http: 8080, https: 8443 },
      request: { kind: 'up', source: folder },
      ownerEnvironment: {},
      secrets: {},
      group,
    });
    const daemon = spawn(join(home, 'roadie'), ['daemon', 'run'], {
      env: { ...process.env, ROADIE_BASE: base, ROADIE_RUN: run },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return {
      name: 'Roadie',
      pid: () => daemon.pid ?? 0,
      stop: async () => {
        daemon.kill('SIGTERM');
        await ended(daemon);
        // Services outlive the daemon; here they must not.
        for (let index = 0; index < programs; index += 1)
          process.kill(startsIn(fileOf(index)).at(-1)?.pid ?? 0, 'SIGKILL');
      },
    };
  },
};

const supervisord: Starter = {
  name: 'supervisord',
  async start(fileOf) {
    const packages = join(home, 'node_modules/.cache/bench/supervisord');
    if (!existsSync(join(packages, 'usr/bin/supervisord'))) {
      // Unpacked, not installed: nothing is started and nothing stays on the machine.
      mkdirSync(packages, { recursive: true });
      execFileSync('apt-get', ['download', 'supervisor', 'python3-pkg-resources'], { cwd: packages, stdio: 'ignore' });
      for (const name of readdirSync(packages))
        if (name.endsWith('.deb')) execFileSync('dpkg', ['-x', name, '.'], { cwd: packages });
    }
    const sections = Array.from(
      { length: programs },
      (_none, index) =>
        `[program:program${index}]\ncommand=/usr/bin/python3 ${program} ${fileOf(index)}\nautorestart=true\nstdout_logfile=${folder}/supervisord-${index}.log\nredirect_stderr=true\n`,
    );
    const config = join(folder, 'supervisord.conf');
    writeFileSync(
      config,
      `[supervisord]\nnodaemon=true\nlogfile=${folder}/supervisord.log\npidfile=${folder}/supervisord.pid\nchildlogdir=${folder}\n\n${sections.join('\n')}`,
    );
    const child = spawn('/usr/bin/python3', [join(packages, 'usr/bin/supervisord'), '-c', config], {
      env: { PATH: '/usr/bin:/bin', PYTHONPATH: join(packages, 'usr/lib/python3/dist-packages') },
      stdio: 'ignore',
    });
    return {
      name: 'supervisord',
      pid: () => child.pid ?? 0,
      stop: async () => {
        child.kill('SIGTERM');
        await ended(child);
      },
    };
  },
};

const pm2: Starter = {
  name: 'PM2',
  async start(fileOf) {
    const packages = join(home, 'node_modules/.cache/bench/pm2');
    const bin = join(packages, 'node_modules/.bin/pm2');
    if (!existsSync(bin)) {
      mkdirSync(packages, { recursive: true });
      writeFileSync(join(packages, 'package.json'), '{"private":true}\n');
      execFileSync('npm', ['install', '--no-audit', '--no-fund', 'pm2'], { cwd: packages, stdio: 'ignore' });
    }
    const apps = Array.from({ length: programs }, (_none, index) => ({
      name: `program${index}`,
      script: program,
      interpreter: '/usr/bin/python3',
      args: [fileOf(index)],
      cwd: folder,
    }));
    const config = join(folder, 'pm2.json');
    writeFileSync(config, JSON.stringify({ apps }));
    // The pinned Node for its daemon as well.
    const env = {
      ...process.env,
      PM2_HOME: join(folder, 'pm2'),
      PATH: `${join(home, 'node_modules/node/bin')}:${process.env['PATH'] ?? ''}`,
    };
    const call = (...words: readonly string[]): void => void execFileSync(bin, words, { env, stdio: 'ignore' });
    call('start', config);
    return {
      name: 'PM2',
      pid: () => Number(readFileSync(join(folder, 'pm2', 'pm2.pid'), 'utf8')),
      stop: async () => call('kill'),
    };
  },
};

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const killing = spawn('/usr/bin/python3', ['-c', killer], { stdio: ['pipe', 'pipe', 'inherit'] });
const killTimes = createInterface({ input: killing.stdout })[Symbol.asyncIterator]();
const running: { readonly manager: Manager; readonly fileOf: (index: number) => string; readonly times: number[] }[] =
  [];
try {
  for (const starter of [roadie, supervisord, pm2]) {
    const fileOf = (index: number): string => join(folder, `${starter.name}-${index}`);
    const manager = await starter.start(fileOf);
    running.push({ manager, fileOf, times: [] });
    for (let index = 0; index < programs; index += 1)
      await eventually(`${starter.name}'s start`, () => startsIn(fileOf(index)).at(-1));
  }
  for (let turn = 0; turn < kills; turn += 1) {
    for (const { manager, fileOf, times } of running) {
      const file = fileOf(turn % programs);
      // All three take a program that has run for a second for a good one.
      await eventually('a good run', () =>
        Date.now() - (startsIn(file).at(-1)?.time ?? Number.POSITIVE_INFINITY) > 1500 ? true : undefined,
      );
      const before = startsIn(file);
      killing.stdin.write(`${before.at(-1)?.pid}\n`);
      const killed = Number((await killTimes.next()).value) / 1e6;
      const line = await eventually(`${manager.name}'s restart`, () => startsIn(file)[before.length]);
      times.push(line.time - killed);
    }
  }
  const rows = running.map(({ manager, times }) => ({
    name: manager.name,
    median: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    slowest: Math.max(...times),
    memory: residentMegabytes(manager.pid()),
  }));
  const peer = rows.find((row) => row.name === 'PM2');
  process.stdout.write(
    `\`kill -9\` to the program's first line again, ${kills} kills each; memory of the manager with ${programs} programs. ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, Node ${process.versions.node}.\n\n`,
  );
  process.stdout.write(
    '| manager | median ms | 95 % ms | slowest ms | × PM2 | memory MB | × PM2 |\n|---|---:|---:|---:|---:|---:|---:|\n',
  );
  for (const row of rows) {
    const ratio = (own: number, other: number | undefined): string => (own / (other ?? Number.NaN)).toFixed(2);
    process.stdout.write(
      `| ${row.name} | ${row.median.toFixed(1)} | ${row.p95.toFixed(1)} | ${row.slowest.toFixed(1)} | ${ratio(row.median, peer?.median)} | ${row.memory.toFixed(1)} | ${ratio(row.memory, peer?.memory)} |\n`,
    );
  }
} finally {
  killing.stdin.end();
  for (const { manager } of running)
    await manager.stop().catch((error: unknown) => process.stderr.write(`${manager.name}: ${String(error)}\n`));
  rmSync(folder, { recursive: true, force: true });
}
