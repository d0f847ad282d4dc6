import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, vi } from 'vitest';
import * as z from 'zod';

import { problemSchema } from '../../src/contract/events.ts';
import { statusSchema } from '../../src/contract/status.ts';
import { catalogue } from '../../src/problems/catalogue.ts';
import type { Problem } from '../../src/problems/problem.ts';
import { type Box, launcher, type Ran, runCommand } from './box.ts';

/** The problems of a command that was run with --json: its last line has them. */
export function problemsOf(ran: Ran): readonly Problem[] {
  const last: unknown = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  return z.object({ problems: z.array(problemSchema).min(1) }).parse(last).problems;
}

/** Text for people: what happened with its code, and what to do about it. */
export function expectReadable(ran: Ran, code: keyof typeof catalogue): void {
  expect(ran.all).toMatch(new RegExp(String.raw`^Error: .+ \(${code}\)$`, 'm'));
  expect(ran.all).toMatch(/^ {2}What to do:\n {4}\S/m);
  expect(ran.all).not.toContain('node:internal');
  expect(ran.code).toBe(catalogue[code].exit);
}

export function ports(box: Box): readonly string[] {
  return ['--http-port', String(box.ports.http), '--https-port', String(box.ports.https)];
}

export function environmentOf(box: Box): NodeJS.ProcessEnv {
  return { ...process.env, ROADIE_BASE: join(box.folder, 'base'), ROADIE_RUN: join(box.folder, 'run') };
}

export async function statusOf(box: Box): Promise<z.infer<typeof statusSchema>> {
  return statusSchema.parse(JSON.parse((await box.roadie(['status', '--json'])).stdout));
}

/** The pid of the process of the job that runs, once there is one. */
export async function jobOf(box: Box): Promise<number> {
  const { daemon } = await statusOf(box);
  return vi.waitFor(() => runningJob(daemon.pid), { timeout: 30_000 });
}

async function runningJob(daemon: number): Promise<number> {
  const { stdout } = await runCommand(['pgrep', '-P', String(daemon), '-f', 'main.ts job']);
  if (stdout === '') throw new Error('no job runs');
  return Number(stdout.split('\n')[0]);
}

/** Runs `up` and kills its job as soon as a step begins; undefined where there was no such step any more. */
export async function killAt(box: Box, site: string, source: string, step: string): Promise<Ran | undefined> {
  const { daemon } = await statusOf(box);
  let killed = false;
  const child = spawn(launcher, ['up', source, '--name', site, '--yes', '--json', ...ports(box)], {
    env: environmentOf(box),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  let stdout = '';
  for await (const line of createInterface({ input: child.stdout })) {
    stdout += `${line}\n`;
    const event = z.looseObject({ type: z.string(), title: z.string().optional() }).parse(JSON.parse(line));
    if (killed || event.type !== 'step-started' || event.title?.includes(step) !== true) continue;
    killed = true;
    process.kill(await runningJob(daemon.pid), 'SIGKILL');
  }
  const code = (await ended) ?? -1;
  return code === 0 ? undefined : { code, stdout, stderr: '', all: stdout };
}
