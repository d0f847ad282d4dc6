import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ProcessStats } from './process-stats.ts';
import {
  commandLine,
  DeathWatch,
  isAlive,
  killGroup,
  look,
  processTree,
  type ServiceProcess,
  signalProcess,
  spawnService,
} from './processes.ts';

let folder: string;
let log: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-processes-'));
  log = openSync(join(folder, 'log'), 'a');
});
afterEach(() => {
  closeSync(log);
  rmSync(folder, { recursive: true, force: true });
});

const service = (command: readonly [string, ...string[]], changes: Partial<ServiceProcess> = {}): ServiceProcess => ({
  command,
  directory: folder,
  environment: {},
  passing: 'none',
  sockets: [],
  log,
  ...changes,
});

function started(spec: ServiceProcess): {
  readonly pid: number;
  readonly startTime: number;
  readonly ended: Promise<string>;
} {
  const { promise, resolve } = Promise.withResolvers<string>();
  const identity = spawnService(spec, { exited: resolve, failed: resolve });
  return { pid: identity?.pid ?? 0, startTime: identity?.startTime ?? 0, ended: promise };
}

describe('spawnService', () => {
  it('gives the process a session of its own, its output to the log, and its environment alone', async () => {
    const program = started(
      service(['/bin/sh', '-c', 'cat /proc/self/stat; echo oops >&2; /usr/bin/env'], { environment: { ONLY: 'this' } }),
    );
    expect(look(program.pid)).toMatchObject({ session: program.pid, group: program.pid });
    expect(await program.ended).toBe('ended with code 0');
    const text = readFileSync(join(folder, 'log'), 'utf8');
    expect(text).toContain('oops');
    expect(text).toContain('ONLY=this');
    expect(text).not.toContain('HOME=');
  });

  it('says by which signal it ended', async () => {
    const program = started(service(['/bin/sleep', '60']));
    expect(isAlive(program)).toBe(true);
    signalProcess(program.pid, 'SIGKILL');
    expect(await program.ended).toBe('was ended by SIGKILL');
    expect(isAlive(program)).toBe(false);
  });

  it('says why there is no process', async () => {
    expect(await started(service(['/no/such/program'])).ended).toContain('ENOENT');
    expect(await started(service(['/bin/true'], { directory: '/no/such/folder' })).ended).toContain('ENOENT');
  });

  it('is mistaken for no other process that has its pid', () => {
    const own = look(process.pid);
    expect(isAlive({ pid: process.pid, startTime: own?.startTime ?? 0 })).toBe(true);
    expect(isAlive({ pid: process.pid, startTime: (own?.startTime ?? 0) - 1 })).toBe(false);
  });

  it('goes through a shell only where something must be said from inside', () => {
    expect(commandLine({ command: ['/bin/x', 'a b'], passing: 'none' })).toEqual(['/bin/x', 'a b']);
    expect(commandLine({ command: ['/bin/x', 'a b'], passing: 'nginx' })).toEqual(['/bin/x', 'a b']);
    expect(commandLine({ command: ['/bin/x', 'a b'], passing: 'listen-fds' })).toEqual([
      '/bin/sh',
      '-c',
      'export LISTEN_PID=$$; unset PWD; exec "$@"',
      'sh',
      '/bin/x',
      'a b',
    ]);
  });
});

describe('a tree of processes', () => {
  it('is seen and measured whole, and killed by its group', async () => {
    const program = started(service(['/bin/sh', '-c', 'sleep 60 & sleep 60 & echo there; wait']));
    while (!readFileSync(join(folder, 'log'), 'utf8').includes('there'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const tree = processTree(program.pid);
    expect(tree).toHaveLength(3);
    const stats = new ProcessStats();
    expect(stats.look([program.pid]).get(program.pid)).toMatchObject({ cpuPercent: null });
    const used = stats.look([program.pid]).get(program.pid);
    expect(used?.memoryBytes).toBeGreaterThan(100_000);
    expect(used?.cpuPercent).toBeGreaterThanOrEqual(0);
    killGroup(program.pid);
    await program.ended;
    while (tree.some((pid) => look(pid)?.dead === false)) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(stats.look([program.pid]).size).toBe(0);
  });

  it('shows how much of a core it uses', () => {
    const stats = new ProcessStats();
    stats.look([process.pid]);
    for (const end = performance.now() + 60; performance.now() < end;);
    expect(stats.look([process.pid]).get(process.pid)?.cpuPercent).toBeGreaterThan(0);
  });
});

describe('DeathWatch', () => {
  it('takes a process for alive whose first thread alone has ended, since it holds all that it had', async () => {
    const program = `import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)`;
    const threads = started(service(['/usr/bin/python3', '-c', program]));
    while (!/ Z /.test(readFileSync(`/proc/${threads.pid}/stat`, 'latin1')))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(isAlive(threads)).toBe(true);
    signalProcess(threads.pid, 'SIGKILL');
    await threads.ended;
    expect(isAlive(threads)).toBe(false);
  });

  it('tells once of a process that is gone, and of no other', async () => {
    const watch = new DeathWatch(5);
    const [one, other] = [started(service(['/bin/sleep', '60'])), started(service(['/bin/sleep', '60']))];
    const told: number[] = [];
    const gone = new Promise<void>((resolve) => {
      watch.watch(other, () => told.push(other.pid));
      watch.watch(one, () => {
        told.push(one.pid);
        resolve();
      });
    });
    signalProcess(one.pid, 'SIGKILL');
    await gone;
    expect(told).toEqual([one.pid]);
    watch.close();
    signalProcess(other.pid, 'SIGKILL');
    await other.ended;
  });
});
