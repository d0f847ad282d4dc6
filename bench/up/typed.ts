import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { must, runCommand } from '../../test/rig/box.ts';
import { freePort } from '../../test/rig/free-port.ts';
import { firstPage } from './first-page.ts';

/** Nobody waits longer for a first page. */
const patience = 30 * 60_000;

/** Of this shell, those that tell where packages come from; none that names a cache or was made by npm. */
const passed = /^(?:PATH|LANG|SSL_CERT_\w+|\w+_proxy|PIP_(?!CACHE)\w+|UV_(?!CACHE)\w+|NODE_EXTRA_CA_CERTS)$/i;

/**
 * Runs what a person types for a project, a shell script that ends in the server in the foreground, listening on 127.0.0.1:$PORT: in
 * a copy of the folder, as a user who has nothing but an empty home. Answers the seconds until the first page. Throws with the
 * script's last words where it ends before that.
 */
export async function typeByHand(project: string, script: string): Promise<number> {
  const folder = await mkdtemp('/tmp/rd-');
  const user = folder.slice('/tmp/'.length).toLowerCase();
  const [code, home, log] = [join(folder, 'code'), join(folder, 'home'), join(folder, 'log')];
  await chmod(folder, 0o755);
  must(await runCommand(['useradd', '--system', '--home-dir', home, '--shell', '/bin/sh', user]));
  const output = openSync(log, 'w');
  try {
    await cp(project, code, { recursive: true, verbatimSymlinks: true });
    await mkdir(home);
    must(await runCommand(['chown', '-R', `${user}:`, code, home]));
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => idOf(user, flag)));
    const port = await freePort();
    const text = await readFile(script, 'utf8');
    const ending = new AbortController();
    const began = Date.now();
    const child = spawn('/bin/sh', ['-euc', text], {
      cwd: code,
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      env: { ...environment(), HOME: home, USER: user, PORT: String(port) },
      stdio: ['ignore', output, output],
      detached: true,
    });
    const ended = once(child, 'exit').then(() => ending.abort());
    const late = setTimeout(() => ending.abort(), patience);
    const served = await firstPage({ host: '127.0.0.1', port, isEncrypted: false }, ending.signal);
    clearTimeout(late);
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
    if (served !== undefined) return (served - began) / 1000;
    throw new Error(`${script} gave no page:\n${(await readFile(log, 'utf8')).slice(-2000)}`);
  } finally {
    closeSync(output);
    await runCommand(['userdel', user]);
    await rm(folder, { recursive: true, force: true });
  }
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && passed.test(name) ? [[name, value]] : [],
    ),
  );
}

async function idOf(user: string, flag: string): Promise<number> {
  return Number(must(await runCommand(['id', flag, user])).trim());
}
