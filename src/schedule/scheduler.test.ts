import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { HeldClock } from '../../test/rig/held-clock.ts';
import { scheduledTaskSchema } from '../contract/status.ts';
import { StateFile } from '../machine/files/state-file.ts';
import { type Ran, Scheduler, type Task } from './scheduler.ts';

const hour = 3_600_000;

/** A clock that can be set, and sleeps with the machine. */
class JumpingClock extends HeldClock {
  #jumped = 0;

  override now(): number {
    return super.now() + this.#jumped;
  }

  jump(milliseconds: number): void {
    this.#jumped += milliseconds;
  }
}

let folder: string;
let clock: JumpingClock;
let ran: string[];
let file: StateFile<never>;
const open: Scheduler[] = [];

beforeEach(async () => {
  folder = await mkdtemp('/tmp/schedule-');
  file = new StateFile(join(folder, 'schedule.json'));
  clock = new JumpingClock(Date.parse('2026-05-04T12:00:00Z'));
  ran = [];
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await rm(folder, { recursive: true, force: true });
});

async function daemon(): Promise<Scheduler> {
  const made = new Scheduler(clock, file);
  await made.load();
  open.push(made);
  return made;
}

function task(site: string, run: () => Promise<Ran> = () => Promise.resolve({ result: 'fine' })): Task {
  return {
    task: 'certificate',
    site,
    everyMs: 12 * hour,
    run: () => {
      ran.push(site);
      return run();
    },
  };
}

/** Lets so much time go by that everything that is due has run, a minute at a time. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 60_000) {
    clock.pass(Math.min(left, 60_000));
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('the schedule', () => {
  test('runs a new task soon, and then in its interval', async () => {
    const schedule = await daemon();
    schedule.put(task('shop'));
    await pass(60_000);
    expect(ran).toEqual(['shop']);
    await pass(48 * hour);
    expect(ran.length).toBeGreaterThanOrEqual(4);
    expect(ran.length).toBeLessThanOrEqual(6);
  });

  test('has one timer however many tasks there are, and none without tasks', async () => {
    const schedule = await daemon();
    expect(clock.waiting).toBe(0);
    for (let site = 0; site < 50; site += 1) schedule.put(task(`s${site}`));
    expect(clock.waiting).toBe(1);
    await pass(60_000);
    expect(clock.waiting).toBe(1);
    expect(ran).toHaveLength(50);
  });

  test('a daemon that is started again does not run anew what has run, and knows what came of it', async () => {
    const first = await daemon();
    first.put(task('shop'));
    await pass(60_000);
    await first.close();
    const second = await daemon();
    second.put(task('shop'));
    await pass(hour);
    expect(ran).toEqual(['shop']);
    expect(second.table()).toMatchObject([{ outcome: 'done', result: 'fine', site: 'shop', state: 'waits' }]);
  });

  test('what a daemon has missed runs once, spread out', async () => {
    const first = await daemon();
    const sites = ['a', 'b', 'c', 'd', 'e'];
    for (const site of sites) first.put(task(site));
    await pass(60_000);
    await first.close();
    clock.jump(100 * 24 * hour);
    ran = [];
    const second = await daemon();
    for (const site of sites) second.put(task(site));
    expect(ran).toEqual([]);
    expect(new Set(second.table().map(({ next }) => next)).size).toBe(5);
    await pass(120_000);
    expect(ran.toSorted()).toEqual(sites);
  });

  test('what was missed while the machine slept runs once, within minutes', async () => {
    const schedule = await daemon();
    schedule.put(task('shop'));
    await pass(60_000);
    clock.jump(100 * hour);
    await pass(180_000);
    expect(ran).toEqual(['shop', 'shop']);
  });

  test('a clock that is set back puts nothing off', async () => {
    const schedule = await daemon();
    schedule.put(task('shop'));
    await pass(60_000);
    clock.jump(-1000 * hour);
    await pass(15 * hour);
    expect(ran).toEqual(['shop', 'shop']);
  });

  test('a failure is told, tried again less and less often, and forgotten after a success', async () => {
    let works = false;
    const schedule = await daemon();
    schedule.put(
      task('shop', () => (works ? Promise.resolve({ result: 'fine' }) : Promise.reject(new Error('no luck')))),
    );
    await pass(2 * hour);
    expect(ran.length).toBeGreaterThanOrEqual(7);
    expect(ran.length).toBeLessThanOrEqual(11);
    expect(schedule.table()).toMatchObject([{ outcome: 'failed', result: 'no luck' }]);
    works = true;
    await pass(hour);
    expect(schedule.table()).toMatchObject([{ outcome: 'done', result: 'fine' }]);
  });

  test('runs one certificate at a time, and each once more at most for whoever asks meanwhile', async () => {
    const schedule = await daemon();
    const ends: ((ran: Ran) => void)[] = [];
    for (const site of ['a', 'b']) schedule.put(task(site, () => new Promise((resolve) => ends.push(resolve))));
    schedule.runNow('certificate', 'a');
    schedule.runNow('certificate', 'b');
    for (let count = 0; count < 100; count += 1) schedule.runNow('certificate', 'a');
    await settled();
    expect(ran).toEqual(['a']);
    expect(schedule.table()).toMatchObject([
      { site: 'a', state: 'runs' },
      { site: 'b', state: 'runs' },
    ]);
    ends.shift()?.({ result: '' });
    await settled();
    expect(ran).toEqual(['a', 'a']);
    ends.shift()?.({ result: '' });
    await settled();
    expect(ran).toEqual(['a', 'a', 'b']);
    ends.shift()?.({ result: '' });
    await settled();
    expect(ran).toHaveLength(3);
  });

  test('what was dropped runs no more, not even while it waits for its turn', async () => {
    const schedule = await daemon();
    let end: (() => void) | undefined;
    schedule.put(task('a', () => new Promise((resolve) => (end = () => resolve({ result: '' })))));
    schedule.put(task('b'));
    schedule.runNow('certificate', 'a');
    schedule.runNow('certificate', 'b');
    schedule.drop('certificate', 'b');
    await settled();
    end?.();
    await pass(48 * hour);
    expect(ran).not.toContain('b');
  });

  test('says of each task what the contract says', async () => {
    const schedule = await daemon();
    schedule.put(task('shop'));
    schedule.put({ task: 'poll', site: 'shop', everyMs: 0, run: () => Promise.resolve({ result: '' }) });
    await pass(60_000);
    for (const row of schedule.table()) expect(scheduledTaskSchema.parse(row)).toEqual(row);
    expect(schedule.table().map(({ task: name }) => name)).toEqual(['certificate', 'poll']);
  });

  test('goes on where its file cannot be read or written', async () => {
    await rm(folder, { recursive: true });
    const schedule = await daemon();
    schedule.put(task('shop'));
    await pass(60_000);
    await vi.waitFor(() => expect(ran).toEqual(['shop']));
    await expect(schedule.close()).resolves.toBeUndefined();
  });
});
