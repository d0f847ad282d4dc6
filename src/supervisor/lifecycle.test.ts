import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type Deadline,
  earlyEndsOf,
  type Effect,
  initial,
  type Lifecycle,
  type LifecycleEvent,
  type LifecyclePolicy,
  processOf,
} from './lifecycle-state.ts';
import { killInterval, step } from './lifecycle.ts';
import { standardRestart } from '../components/standard-restart.ts';
import { crashLoopEnds, earlySeconds } from './restart.ts';

const policy: LifecyclePolicy = { restart: standardRestart, readyTimeout: 5000, stopTimeout: 3000 };

/** A world around the state machine that does what the effects say, and records what must never happen. */
class World {
  state: Lifecycle = initial;
  now = 0;
  live = new Set<number>();
  mostAlive = 0;
  spawning: number | undefined;
  timer: Deadline | undefined;
  killed = new Set<number>();
  spawns: number[] = [];
  delays: number[] = [];
  failures = 0;
  told: string[] = [];
  readonly policy: LifecyclePolicy;

  constructor(chosen: LifecyclePolicy = policy) {
    this.policy = chosen;
  }

  send(event: LifecycleEvent): readonly Effect[] {
    const { state, effects } = step(this.state, event, this.policy, this.now);
    this.state = state;
    if (!('deadline' in state)) this.timer = undefined;
    for (const effect of effects) {
      if (effect.type === 'spawn') {
        this.spawns.push(this.now);
        this.spawning = effect.run;
      }
      if (effect.type === 'timer') this.timer = effect.deadline;
      if (effect.type === 'timer' && (state.state === 'waiting' || state.state === 'failed'))
        this.delays.push(effect.deadline.at - this.now);
      if (effect.type === 'signal' && effect.how === 'kill') this.killed.add(effect.run);
      if (effect.type === 'start-failed') this.failures += 1;
      if (effect.type === 'report') this.told.push(effect.reason);
    }
    return effects;
  }

  spawned(): void {
    if (this.spawning === undefined) return;
    const run = this.spawning;
    this.spawning = undefined;
    this.live.add(run);
    this.mostAlive = Math.max(this.mostAlive, this.live.size);
    this.send({ type: 'spawned', run, pid: 1000 + run });
  }

  exits(reason = 'ended with code 1'): void {
    const [run] = this.live;
    if (run === undefined) return;
    this.live.delete(run);
    this.send({ type: 'exited', run, reason });
  }

  ready(): void {
    const [run] = this.live;
    if (run !== undefined) this.send({ type: 'ready', run });
  }

  unwell(): void {
    const [run] = this.live;
    if (run !== undefined) this.send({ type: 'unwell', run, reason: 'answered GET / with 500 10 times' });
  }

  /** Lets time pass to the deadline, if there is one. */
  ring(): void {
    if (!this.timer) return;
    this.now = Math.max(this.now, this.timer.at);
    const { ticket } = this.timer;
    this.timer = undefined;
    this.send({ type: 'time', ticket });
  }

  /** What is ready runs for so long and ends; the next is ready at once when its time has come. */
  runs(milliseconds: number): void {
    this.now += milliseconds;
    this.exits();
    this.ring();
    this.spawned();
    this.ready();
  }

  up(): this {
    this.send({ type: 'want', wanted: 'up' });
    this.spawned();
    this.ready();
    return this;
  }
}

type Move = { readonly name: string; readonly value: number };

const moves = fc.array(
  fc.record({
    name: fc.constantFrom(
      'up',
      'down',
      'restart',
      'spawned',
      'spawn-failed',
      'ready',
      'unwell',
      'exits',
      'ring',
      'pass',
      'stale-exit',
      'stale-time',
      'stale-ready',
      'stale-unwell',
      'stale-spawn-failed',
      'adopt',
    ),
    value: fc.integer({ min: 0, max: 20_000 }),
  }),
  { minLength: 1, maxLength: 60 },
);

function play(world: World, { name, value }: Move): void {
  const newest = world.state.tickets;
  const current = processOf(world.state)?.run;
  // An old ticket is any but that of what is there now.
  const stale = [...Array(newest + 1).keys()].filter(
    (ticket) => ticket !== current && ticket !== world.timer?.ticket && ticket !== world.spawning,
  );
  const old = stale[value % Math.max(1, stale.length)] ?? -1;
  switch (name) {
    case 'up':
      return void world.send({ type: 'want', wanted: 'up' });
    case 'down':
      return void world.send({ type: 'want', wanted: 'down' });
    case 'restart':
      return void world.send({ type: 'restart' });
    case 'spawned':
      return world.spawned();
    case 'spawn-failed': {
      if (world.spawning === undefined) return;
      const run = world.spawning;
      world.spawning = undefined;
      return void world.send({ type: 'spawn-failed', run, reason: 'no such file' });
    }
    case 'ready':
      return world.ready();
    case 'unwell':
      return world.unwell();
    case 'exits':
      return world.exits();
    case 'ring':
      return world.ring();
    case 'pass':
      world.now += world.timer ? Math.min(value, Math.max(0, world.timer.at - world.now)) : value;
      return;
    case 'adopt': {
      const before = world.state;
      world.send({ type: 'adopt', pid: 7, ready: value % 2 === 0, restarts: 0 });
      const process = processOf(world.state);
      if (before.state === 'down' && process) world.live.add(process.run);
      return;
    }
    case 'stale-exit':
      return unchanged(world, { type: 'exited', run: old, reason: 'late news' });
    case 'stale-time':
      return unchanged(world, { type: 'time', ticket: old });
    case 'stale-ready':
      return unchanged(world, { type: 'ready', run: old });
    case 'stale-unwell':
      return unchanged(world, { type: 'unwell', run: old, reason: 'late news' });
    case 'stale-spawn-failed':
      return unchanged(world, { type: 'spawn-failed', run: old, reason: 'late news' });
  }
}

function unchanged(world: World, event: LifecycleEvent): void {
  const before = world.state;
  const effects = world.send(event);
  expect(world.state).toBe(before);
  expect(effects).toEqual([]);
}

const runs = { numRuns: 3000 };

describe('in every order of events', () => {
  it('there are never two live processes, and the state knows the one that there is', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const move of list) {
          play(world, move);
          expect(world.live.size).toBeLessThanOrEqual(1);
          expect([...world.live]).toEqual(processOf(world.state) ? [processOf(world.state)?.run] : []);
          expect(world.state.state === 'down' && world.state.wanted === 'up').toBe(false);
        }
        expect(world.mostAlive).toBeLessThanOrEqual(1);
      }),
      runs,
    );
  });

  it('a stop always ends, with SIGKILL where nothing else helps', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const move of list) play(world, move);
        world.send({ type: 'want', wanted: 'down' });
        world.spawned();
        // A process that ignores everything but SIGKILL.
        for (let turn = 0; turn < 3 && world.live.size > 0; turn += 1) {
          world.ring();
          for (const run of world.killed) if (world.live.has(run)) world.exits('was ended by SIGKILL');
        }
        expect(world.state).toMatchObject({ state: 'down', wanted: 'down' });
        expect(world.timer).toBeUndefined();
      }),
      runs,
    );
  });

  it('what is wanted up is never given up on: a deadline, a process or a spawn is always ahead', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const move of list) {
          play(world, move);
          if (world.state.wanted !== 'up') continue;
          expect(world.live.size === 1 || world.spawning !== undefined || world.timer !== undefined).toBe(true);
        }
        world.send({ type: 'want', wanted: 'up' });
        for (let turn = 0; turn < 6 && world.state.state !== 'ready'; turn += 1) {
          world.spawned();
          if (world.state.state === 'stopping') world.exits();
          else world.ready();
          if (world.state.state === 'waiting' || world.state.state === 'failed') world.ring();
        }
        expect(world.state.state).toBe('ready');
      }),
      runs,
    );
  });

  it('delays grow within the policy and no further', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const move of list) play(world, move);
        for (const delay of world.delays) {
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeLessThanOrEqual(standardRestart.maxDelaySeconds * 1000);
        }
      }),
      runs,
    );
  });

  it('what ends within its first minute each time is started ever more rarely, and never given up on', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: earlySeconds * 1000 - 1 }), { minLength: 20 }), (lengths) => {
        const world = new World().up();
        for (const length of lengths) world.runs(length);
        expect(world.state).toMatchObject({ state: 'ready', earlyEnds: lengths.length });
        const last = (world.spawns.at(-1) ?? 0) - (world.spawns.at(-2) ?? 0);
        expect(last).toBe((lengths.at(-1) ?? 0) + standardRestart.maxDelaySeconds * 1000);
      }),
    );
  });

  it('what has run for a minute is started again at once, whatever was before', () => {
    fc.assert(
      fc.property(moves, (list) => {
        const world = new World();
        for (const move of list) play(world, move);
        world.send({ type: 'want', wanted: 'up' });
        if (world.state.state !== 'ready') return;
        world.now += earlySeconds * 1000;
        const before = world.spawns.length;
        world.exits();
        expect(world.spawns.slice(before)).toEqual([world.now]);
      }),
      runs,
    );
  });

  it('a process with one try ends in down and is not started again by itself', () => {
    fc.assert(
      fc.property(fc.constantFrom('exit', 'time', 'unwell', 'spawn-failed'), (way) => {
        const world = new World({ ...policy, restart: 'never' });
        world.send({ type: 'want', wanted: 'up' });
        if (way === 'spawn-failed')
          world.send({ type: 'spawn-failed', run: world.state.tickets, reason: 'no such file' });
        else world.spawned();
        if (way === 'time') world.ring();
        if (way === 'unwell') world.unwell();
        world.exits();
        expect(world.state).toMatchObject({ state: 'down', wanted: 'down' });
        expect(world.failures).toBe(1);
        expect(world.spawns).toHaveLength(1);
      }),
    );
  });
});

describe('a crash', () => {
  it('is answered at once the first time', () => {
    const world = new World().up();
    world.exits();
    expect(world.state).toMatchObject({ state: 'starting', phase: 'spawning', restarts: 1 });
    expect(world.spawns).toEqual([0, 0]);
  });

  it('again and again waits 0.1 s, doubling to 30 s', () => {
    const world = new World().up();
    for (let crash = 0; crash < 12; crash += 1) {
      world.exits();
      world.ring();
      world.spawned();
      world.ready();
    }
    expect(world.delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(world.state.restarts).toBe(12);
  });

  it('after a stable run counts as the first', () => {
    const world = new World().up();
    for (let crash = 0; crash < crashLoopEnds - 1; crash += 1) {
      world.exits();
      world.ring();
      world.spawned();
      world.ready();
    }
    world.now += earlySeconds * 1000;
    world.delays = [];
    world.exits();
    expect(world.state.state).toBe('starting');
    expect(world.delays).toEqual([]);
  });

  it('two seconds after it was ready, again and again, waits up to 30 s as well, and is told', () => {
    const world = new World().up();
    for (let crash = 0; crash < 16; crash += 1) world.runs(2000);
    // The first are answered at once: each run was a good one.
    expect(world.spawns.slice(0, 5)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(world.delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]);
    expect(earlyEndsOf(world.state, world.now)).toBe(16);
    expect(world.told).toContain('ended with code 1; crash loop, 16 times in a row: to be started again in 30 s');
    world.now += earlySeconds * 1000;
    expect(earlyEndsOf(world.state, world.now)).toBe(0);
  });

  it('loop is forgotten when somebody asks for a start', () => {
    const world = new World().up();
    for (let crash = 0; crash < 8; crash += 1) world.runs(2000);
    world.exits();
    expect(world.state.state).toBe('waiting');
    world.send({ type: 'want', wanted: 'up' });
    expect(world.state.earlyEnds).toBe(0);
  });

  it('before it was ready is a failed start, which a wish to start ends at once', () => {
    const world = new World();
    world.send({ type: 'want', wanted: 'up' });
    for (let crash = 0; crash < 2; crash += 1) {
      world.spawned();
      world.exits('ended with code 3');
    }
    expect(world.state).toMatchObject({ state: 'failed', reason: 'ended with code 3' });
    expect(world.failures).toBe(2);
    world.send({ type: 'want', wanted: 'up' });
    expect(world.state.state).toBe('starting');
  });
});

describe('a stop', () => {
  it('asks first, kills after its time, and kills again until the process is gone', () => {
    const world = new World().up();
    const asked = world.send({ type: 'want', wanted: 'down' });
    expect(asked[0]).toEqual({ type: 'signal', run: 1, how: 'stop' });
    expect(world.timer?.at).toBe(policy.stopTimeout);
    world.ring();
    expect(world.killed).toEqual(new Set([1]));
    expect(world.timer?.at).toBe(policy.stopTimeout + killInterval);
    world.exits('was ended by SIGKILL');
    expect(world.state.state).toBe('down');
  });

  it('that is taken back starts a new process when the old one is gone, and not before', () => {
    const world = new World().up();
    world.send({ type: 'want', wanted: 'down' });
    world.send({ type: 'want', wanted: 'up' });
    expect(world.spawns).toHaveLength(1);
    world.exits('was ended by SIGTERM');
    expect(world.spawns).toHaveLength(2);
    expect(world.state.restarts).toBe(0);
  });

  it('during the spawn ends the process as soon as there is one', () => {
    const world = new World();
    world.send({ type: 'want', wanted: 'up' });
    world.send({ type: 'want', wanted: 'down' });
    world.spawned();
    expect(world.state.state).toBe('stopping');
  });
});

describe('a service that does not become ready in its time', () => {
  it('is stopped, told as failed, and tried again', () => {
    const world = new World();
    world.send({ type: 'want', wanted: 'up' });
    world.spawned();
    world.ring();
    expect(world.state).toMatchObject({ state: 'stopping', cause: 'not-ready' });
    expect(world.failures).toBe(1);
    world.exits('was ended by SIGTERM');
    expect(world.spawns).toHaveLength(2);
  });
});

describe('a process that nobody waits for', () => {
  it('is killed', () => {
    expect(step(initial, { type: 'spawned', run: 9, pid: 99 }, policy, 0).effects).toEqual([
      { type: 'signal', run: 9, how: 'kill' },
    ]);
  });
});
