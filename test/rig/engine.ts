import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { look, signalProcess } from '../../src/machine/processes/processes.ts';
import { type Ran, runCommand } from './box.ts';
import { home } from './home.ts';

/** Where the engine listens, for Docker's own programs. */
export const engineSocket = join(home, 'docker.sock');
const ownerFile = join(home, 'owner.pid');

/** An engine of our own beside whatever else this machine has: own socket, own folders. One rig at a time has it. */
export async function startEngine(): Promise<ChildProcess> {
  await engineFree();
  await writeFile(ownerFile, String(process.pid));
  const log = openSync(join(home, 'engine.log'), 'a');
  // prettier-ignore
  const engine = spawn('/usr/sbin/dockerd', ['--host', `unix://${engineSocket}`, '--data-root', join(home, 'engine'),
    '--exec-root', join(home, 'engine-run'), '--pidfile', join(home, 'engine.pid'), '--storage-driver', 'overlay2'],
    { stdio: ['ignore', log, log], detached: true });
  const deadline = Date.now() + 60_000;
  while ((await docker('version')).code !== 0) {
    if (engine.exitCode !== null || Date.now() > deadline)
      throw new Error(`Docker's engine does not start; its output is in ${home}/engine.log`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return engine;
}

/** Waits for the rig that has the engine; ends an engine whose rig was killed. */
async function engineFree(): Promise<void> {
  for (;;) {
    const pid = await pidIn(join(home, 'engine.pid'));
    if (pid === undefined) return;
    const owner = await pidIn(ownerFile);
    if (owner === undefined || owner === process.pid) signalProcess(pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The pid that a file names; undefined where there is no such process. */
async function pidIn(path: string): Promise<number | undefined> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  return Number.isInteger(pid) && pid > 1 && look(pid)?.dead === false ? pid : undefined;
}

/** Ends it, with all of its containers. */
export async function stopEngine(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return;
  const gone = once(engine, 'exit');
  engine.kill('SIGTERM');
  await gone;
}

/** Runs Docker's client against it. */
export function docker(...words: readonly string[]): Promise<Ran> {
  return runCommand(['/usr/bin/docker', '--host', `unix://${engineSocket}`, ...words]);
}

/** Throws the words of what failed. */
export async function must(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.code !== 0) throw new Error(ran.all.trim());
  return ran;
}

/** A folder with a system in it becomes an image. `changes`: lines of a Dockerfile. */
export async function importImage(root: string, tag: string, changes: readonly string[] = []): Promise<void> {
  await must(
    runCommand([
      '/bin/bash',
      '-euo',
      'pipefail',
      '-c',
      'root=$1 socket=$2; shift 2; tar -C "$root" -c . | /usr/bin/docker --host "$socket" import "$@"',
      'bash',
      root,
      `unix://${engineSocket}`,
      ...changes.flatMap((line) => ['--change', line]),
      '-',
      tag,
    ]),
  );
}

/** An administrator's own certificate authorities: a network may have its registries behind a proxy that needs them. */
export async function copyAuthorities(root: string): Promise<void> {
  const folder = 'usr/local/share/ca-certificates';
  const names = await readdir(`/${folder}`).catch(() => []);
  if (names.length === 0) return;
  await cp(`/${folder}`, join(root, folder), { recursive: true });
  await must(runCommand(['/usr/sbin/chroot', root, '/usr/sbin/update-ca-certificates']));
}
