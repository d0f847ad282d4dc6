import { cp, stat } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { eventSchema } from '../../src/contract/events.ts';
import { Box, requireRoot } from '../../test/rig/box.ts';
import { machine } from '../faults/report.ts';
import { firstPage, givesPage } from './first-page.ts';
import { type Measured, type Pair, ratio, table } from './pairs.ts';
import { typeByHand } from './typed.ts';

/**
 * `up` of each project and its own documented commands, one right after the other: each with empty caches, in a copy of the folder. In
 * every other round the order is the other way round, since whoever comes second finds the mirrors warm.
 */
export async function measureProjects(folders: readonly string[], rounds: number): Promise<void> {
  requireRoot();
  const projects = folders.map((folder) => ({ folder: resolve(folder), script: `${resolve(folder)}.by-hand.sh` }));
  for (const { script } of projects) await stat(script);
  const measured: Measured[] = [];
  for (const { folder, script } of projects) {
    const pairs: Pair[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const load = loadavg()[0] ?? Number.NaN;
      const pair = round % 2 === 0 ? await handFirst(folder, script) : await upFirst(folder, script);
      pairs.push(pair);
      say(
        `${basename(folder)}: by hand ${shown(pair.byHand)}, up ${shown(pair.up)}, the command ${shown(pair.command)}; load average before ${load.toFixed(1)}`,
      );
      for (const [title, seconds] of pair.steps) if (seconds >= 0.5) say(`  ${seconds.toFixed(1)}  ${title}`);
    }
    measured.push({ project: basename(folder), pairs });
  }
  process.stdout.write(`${machine()}\n\n${table(measured)}\n`);
  if (measured.some((each) => ratio(each) === undefined)) process.exitCode = 1;
}

async function handFirst(folder: string, script: string): Promise<Pair> {
  const byHand = await typed(folder, script);
  return { byHand, ...(await measureUp(folder)) };
}

async function upFirst(folder: string, script: string): Promise<Pair> {
  const ours = await measureUp(folder);
  return { byHand: await typed(folder, script), ...ours };
}

/** A script that fails is told, and the other projects go on. */
async function typed(folder: string, script: string): Promise<number | undefined> {
  try {
    return await typeByHand(folder, script);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

async function measureUp(folder: string): Promise<Omit<Pair, 'byHand'>> {
  const box = await Box.open();
  const site = box.name('project');
  const front = { host: `${site}.localhost`, port: box.ports.https, isEncrypted: true };
  try {
    const copy = join(box.folder, 'code');
    await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
    const ending = new AbortController();
    const watching = firstPage(front, ending.signal);
    const began = Date.now();
    const ran = await box.up(copy, site, '--yes', '--json');
    const ended = Date.now();
    // What was live a moment before the command's end may not have been asked since.
    const isThere = ran.code === 0 && (await givesPage(front));
    ending.abort();
    const served = (await watching) ?? (isThere ? ended : undefined);
    if (ran.code !== 0) say(ran.all.slice(-2000));
    return {
      up: served === undefined ? undefined : (served - began) / 1000,
      command: (ended - began) / 1000,
      steps: stepsOf(ran.stdout),
    };
  } finally {
    await box.roadie(['down', site, '--delete-data', '--confirm', site, '--wait']);
    await box.close();
  }
}

/** Seconds by the steps' titles. */
function stepsOf(output: string): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  for (const line of output.split('\n')) {
    if (!line.includes('"step-finished"')) continue;
    const event = eventSchema.parse(JSON.parse(line));
    if (event.type === 'step-finished') steps.set(event.title, (steps.get(event.title) ?? 0) + event.seconds);
  }
  return steps;
}

function shown(seconds: number | undefined): string {
  return seconds === undefined ? 'gave no page' : `${seconds.toFixed(1)} s`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
