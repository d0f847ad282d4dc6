import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Confiner } from '../../src/machine/bounds/confiner.ts';
import { run, type RunOptions } from '../../src/machine/processes/run.ts';
import { pinnedNode } from '../rig/pinned-node.ts';
import { eventually } from '../rig/supervised/scene.ts';

const rig = (name: string): string => fileURLToPath(new URL(`../rig/${name}`, import.meta.url));

/** Debian's own user `games` stands for a site's. */
const user = { uid: 5, gid: 60, name: 'games' };

describe.skipIf(process.getuid?.() !== 0)('a command that is confined', () => {
  let folder: string;
  let confiner: Confiner;

  beforeAll(async () => {
    folder = await mkdtemp('/tmp/rd-');
    await chmod(folder, 0o755);
    await mkdir(join(folder, 'base/sites/scene/data'), { recursive: true });
    await mkdir(join(folder, 'run'));
    confiner = new Confiner({ base: join(folder, 'base'), run: join(folder, 'run') });
  });
  afterAll(async () => {
    confiner.groups.prune();
    await rm(folder, { recursive: true, force: true });
  });

  const view = () => ({
    hidden: ['/home', '/root', join(folder, 'base'), join(folder, 'run')],
    readable: [join(folder, 'base/sites/scene')],
    writable: [],
    tmp: join(folder, 'base/sites/scene/tmp'),
  });
  const confined = (more: Partial<NonNullable<RunOptions['confined']>> = {}): RunOptions => ({
    user,
    confined: { confiner, site: 'scene', name: 'run', view: view(), ...more },
  });

  test('ends as it would by itself', async () => {
    const environment = { A: `it's "quoted" $HOME \\ and\nlong` };
    const told = await run(['/bin/sh', '-c', 'printf %s "$A"; echo x >&2; exit 7'], { ...confined(), environment });
    expect(told).toMatchObject({ code: 7, stdout: environment.A, stderr: 'x\n', timedOut: false });
    expect((await run(['/bin/sh', '-c', 'kill -KILL $$'], confined())).code).toBe(137);
    const exact = await run(['/usr/bin/env', '-0'], { ...confined(), environment });
    expect(exact.stdout).toBe(`A=${environment.A}\0`);
  });

  test('takes all that it has started with it, whatever session that is in', async () => {
    const marker = String(31_000_000 + Math.floor(Math.random() * 1_000_000));
    const left = `setsid sleep ${marker} & setsid sh -c 'setsid sleep ${marker} & sleep ${marker}' & sleep 0.2`;
    expect((await run(['/bin/sh', '-c', left], confined())).code).toBe(0);
    await eventually(() => sleeping(marker).length === 0);
  });

  test('does so without namespaces as well, by its control group', async () => {
    const without = new Confiner({ base: join(folder, 'base'), run: join(folder, 'run') });
    Object.defineProperty(without, 'viewsMissing', { value: 'for this test' });
    const marker = String(32_000_000 + Math.floor(Math.random() * 1_000_000));
    const command = `setsid sleep ${marker} & sleep 0.2`;
    expect((await run(['/bin/sh', '-c', command], confined({ confiner: without }))).code).toBe(0);
    await eventually(() => sleeping(marker).length === 0);
  });

  test('is held to its memory, and says so', async () => {
    const hungry = 'b = []\nwhile True: b.append(bytearray(1 << 20))';
    const told = await run(['/usr/bin/python3', '-c', hungry], confined({ caps: { memoryBytes: 64 * 1024 * 1024 } }));
    expect(told.code).toBe(137);
    expect(told.stderr).toContain('The kernel ended it for want of memory');
  });

  test('is held to its processes', async () => {
    const forks =
      'import os, time\ntry:\n  while True: os.fork() or time.sleep(9)\nexcept OSError as e: print(e.errno)';
    const told = await run(['/usr/bin/python3', '-c', forks], confined({ caps: { processes: 20 } }));
    expect(told.stdout.trim()).toBe('11');
  });

  test('leaves no control group behind', async () => {
    await eventually(() => confiner.groups.names('scene').length === 0);
    expect(confiner.groups.names('scene')).toEqual([]);
  });

  test('on a terminal gets Ctrl-C, reads a password, can be held and goes on', async () => {
    const program = [
      'import getpass, time',
      // What comes between the two must be caught as well.
      "try: print('READY', flush=True); time.sleep(60)",
      "except KeyboardInterrupt: print('INTERRUPTED', flush=True)",
      "print('got', getpass.getpass('secret: '), flush=True)",
      'exit(9)',
    ].join('\n');
    const script = [
      ['READY', '\u0003'],
      ['secret: ', 'hush\n'],
      ['got hush', ''],
    ];
    const host = [
      pinnedNode,
      rig('confined-host.ts'),
      join(folder, 'base'),
      join(folder, 'run'),
      JSON.stringify(view()),
    ];
    const told = await run(
      ['/usr/bin/python3', rig('on-terminal.py'), JSON.stringify(script), ...host, '/usr/bin/python3', '-c', program],
      { environment: { PATH: '/usr/bin:/bin' } },
    );
    expect([told.code, told.stdout.trim(), told.stderr]).toEqual([0, 'ended with 9', '']);
  });

  test('ends when what has started it is killed', async () => {
    const marker = String(33_000_000 + Math.floor(Math.random() * 1_000_000));
    const host = [rig('confined-host.ts'), join(folder, 'base'), join(folder, 'run'), JSON.stringify(view())];
    const child = spawn(pinnedNode, [...host, '/bin/sleep', marker], { stdio: 'ignore' });
    await eventually(() => sleeping(marker).length === 1);
    child.kill('SIGKILL');
    await eventually(() => sleeping(marker).length === 0);
    expect(child.killed).toBe(true);
  });
});

/** Processes that sleep for that many seconds. */
function sleeping(marker: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const words = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') : [];
      return words[0]?.endsWith('sleep') === true && words[1] === marker;
    } catch {
      return false;
    }
  });
}
