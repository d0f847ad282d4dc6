import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { runLines } from './line-process.ts';
import { run } from './run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roadie-run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('running a command', () => {
  test('gives what it printed and its exit code, and hands on nothing of the own environment', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toMatchObject({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    });
    const told = await run(['env'], { environment: { ONLY: 'this' } });
    expect(told.stdout.split('\n').filter((line) => !/^(?:PWD|SHLVL|_)=/.test(line))).toEqual(['ONLY=this', '']);
  });

  test('is 127 with a reason where there is no such program, and 128 and the number where a signal ended it', async () => {
    const absent = await run(['/nonexistent/program']);
    expect(absent.code).toBe(127);
    expect(absent.stderr).toContain('ENOENT');
    expect((await run(['sh', '-c', 'kill -TERM $$'])).code).toBe(143);
    expect((await run(['sh', '-c', 'kill -KILL $$'])).code).toBe(137);
  });

  test('ends all that it has started when its time is over', async () => {
    const pids = join(folder, 'pids');
    const result = await run(['sh', '-c', `sleep 1000 & echo $! > ${pids}; echo $$ >> ${pids}; wait`], {
      timeoutSeconds: 0.5,
    });
    expect(result).toMatchObject({ code: 137, timedOut: true });
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test('ends when it is told to', async () => {
    const ending = new AbortController();
    const result = await run(['sh', '-c', 'echo begun; sleep 1000'], {
      signal: ending.signal,
      onOutput: () => ending.abort(),
    });
    expect(result).toMatchObject({ code: 137, stdout: 'begun\n', timedOut: false });
  });

  test('keeps the first and the last of very much output, and all of it in the log', async () => {
    const log = join(folder, 'log');
    const result = await run(['sh', '-c', 'echo first; head -c 9000000 /dev/zero | tr "\\0" x; echo; echo last'], {
      log,
    });
    expect(result.stdout.startsWith('first\n')).toBe(true);
    expect(result.stdout.endsWith('x\nlast\n')).toBe(true);
    expect(result.stdout.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(statSync(log).size).toBeGreaterThan(9_000_000);
    expect(statSync(log).mode & 0o007).toBe(0);
  });

  test('bears a command that does not read what it is given', async () => {
    expect(await run(['true'], { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 });
    expect(await run(['cat'], { input: 'ü'.repeat(100_000) })).toMatchObject({ stdout: 'ü'.repeat(100_000) });
  });
});

describe('running a program that speaks in lines', () => {
  const shell = (script: string): [string, string, string] => ['sh', '-c', script];

  test('delivers every line before its end, the last one without a line end too', async () => {
    const lines: string[] = [];
    const ended = await runLines(
      shell('head -n 1; echo two; read more; printf %s "$more"; exit 4'),
      { a: 1 },
      (line, reply) => {
        lines.push(line);
        if (line === 'two') reply('three');
      },
    );
    expect(lines).toEqual(['{"a":1}', 'two', '"three"']);
    expect(ended).toBe(4);
  });

  test('names the signal that ended it, and 127 where it cannot be started', async () => {
    expect(await runLines(shell('kill -KILL $$'), {}, () => undefined)).toBe('SIGKILL');
    expect(await runLines(['/nonexistent/program'], {}, () => undefined)).toBe(127);
  });

  test('starts nothing for what cannot be written as JSON', async () => {
    const made = join(folder, 'made');
    const round: { self?: unknown } = {};
    round.self = round;
    await expect(runLines(shell(`touch ${made}`), round, () => undefined)).rejects.toThrow('circular');
    expect(existsSync(made)).toBe(false);
  });
});

/** A zombie does not count: nobody may have waited for it yet. */
function isAlive(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
