import {
  type Common,
  type Deadline,
  type Effect,
  type Lifecycle,
  type LifecycleEvent,
  type LifecyclePolicy,
  type LiveProcess,
  processOf,
  type Transition,
} from './lifecycle-state.ts';
import { earlySeconds, isCrashLoop, restartDelay } from './restart.ts';

/** SIGKILL is repeated this often, in milliseconds: a process in the kernel's hands dies only when it comes back. */
export const killInterval = 1000;

/** What follows from an event. `now` in milliseconds of a clock that only goes on. */
export function step(state: Lifecycle, event: LifecycleEvent, policy: LifecyclePolicy, now: number): Transition {
  switch (event.type) {
    case 'want':
      return event.wanted === 'up'
        ? wantUp(state, event.reason ?? 'asked to start')
        : wantDown(state, event.reason ?? 'asked to stop', policy, now);
    case 'restart':
      return restart(state, policy, now);
    case 'adopt':
      return adopt(state, event, policy, now);
    case 'spawned':
      return spawned(state, event, policy, now);
    case 'spawn-failed':
      return state.state === 'starting' && state.phase === 'spawning' && state.run === event.run
        ? startFailed(state, event.reason, policy, now)
        : same(state);
    case 'ready':
      return state.state === 'starting' && state.phase === 'probing' && state.process.run === event.run
        ? change(state, { ...common(state), state: 'ready', process: state.process }, 'it answers')
        : same(state);
    case 'unwell':
      return state.state === 'starting' && state.phase === 'probing' && state.process.run === event.run
        ? giveUp(state, event.reason, policy, now)
        : same(state);
    case 'exited':
      return processOf(state)?.run === event.run ? exited(state, event.reason, policy, now) : same(state);
    case 'time':
      return 'deadline' in state && state.deadline.ticket === event.ticket
        ? timeIsUp(state, event.loading === true, policy, now)
        : same(state);
  }
}

function wantUp(state: Lifecycle, reason: string): Transition {
  const wanted = { ...state, wanted: 'up' } as const;
  // An explicit wish ends the waiting: whoever asks has perhaps fixed the cause.
  if (state.state === 'down' || state.state === 'waiting' || state.state === 'failed')
    return spawn(state, calm(wanted), reason);
  return same(wanted);
}

function wantDown(state: Lifecycle, reason: string, policy: LifecyclePolicy, now: number): Transition {
  const wanted = { ...state, wanted: 'down' } as const;
  switch (wanted.state) {
    case 'down':
    case 'stopping':
      return same(wanted);
    case 'starting':
      // The spawn is under way: it is stopped as soon as there is a process to stop.
      if (wanted.phase === 'spawning') return same(wanted);
      return stop(state, common(wanted), wanted.process, 'asked', reason, policy, now);
    case 'ready':
      return stop(state, common(wanted), wanted.process, 'asked', reason, policy, now);
    case 'waiting':
    case 'failed':
      return change(state, { ...calm(wanted), state: 'down' }, reason);
  }
}

function restart(state: Lifecycle, policy: LifecyclePolicy, now: number): Transition {
  const wanted = { ...state, wanted: 'up' } as const;
  if (wanted.state === 'stopping') return same({ ...wanted, cause: 'asked' });
  const process = processOf(wanted);
  return process
    ? stop(state, common(wanted), process, 'asked', 'asked to restart', policy, now)
    : wantUp(state, 'asked to restart');
}

function adopt(
  state: Lifecycle,
  event: Extract<LifecycleEvent, { type: 'adopt' }>,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  if (state.state !== 'down') return same(state);
  const run = state.tickets + 1;
  const process: LiveProcess = { run, pid: event.pid, startedAt: now };
  const base = { ...common(state), wanted: 'up', restarts: event.restarts, tickets: run } as const;
  const reason = 'taken over from an earlier daemon';
  return event.ready
    ? change(state, { ...base, state: 'ready', process }, reason)
    : probing(state, base, process, reason, policy, now);
}

function spawned(
  state: Lifecycle,
  event: Extract<LifecycleEvent, { type: 'spawned' }>,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  // Nobody waits for that process: it must not live on unseen.
  if (state.state !== 'starting' || state.phase !== 'spawning' || state.run !== event.run)
    return { state, effects: [{ type: 'signal', run: event.run, how: 'kill' }] };
  const process: LiveProcess = { run: event.run, pid: event.pid, startedAt: now };
  if (state.wanted === 'down') return stop(state, common(state), process, 'asked', 'asked to stop', policy, now);
  return probing(state, common(state), process, undefined, policy, now);
}

function exited(state: Lifecycle, reason: string, policy: LifecyclePolicy, now: number): Transition {
  switch (state.state) {
    case 'starting':
      return startFailed(state, reason, policy, now);
    case 'ready': {
      const ran = now - state.process.startedAt;
      const stable = policy.restart !== 'never' && ran >= policy.restart.stableSeconds * 1000;
      const before = {
        failures: stable ? 0 : state.failures,
        early: ran < earlySeconds * 1000 ? state.earlyEnds + 1 : 0,
      };
      return again(state, before, 'waiting', reason, policy, now);
    }
    case 'stopping':
      if (state.wanted === 'down') return change(state, { ...calm(state), state: 'down' }, reason);
      if (state.cause === 'not-ready') return again(state, oneMore(state), 'failed', reason, policy, now);
      return spawn(state, calm(state), reason);
    default:
      return same(state);
  }
}

/** What still loads gets so many times its time to become ready, a quarter of it at a time: a busy machine makes nothing wrong. */
export const loadingFactor = 4;

function timeIsUp(
  state: Extract<Lifecycle, { deadline: Deadline }>,
  loading: boolean,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  switch (state.state) {
    case 'starting':
      if (loading && now - state.process.startedAt < loadingFactor * policy.readyTimeout) {
        const deadline = draw(state, policy.readyTimeout / 4, now);
        return { state: { ...state, tickets: deadline.ticket, deadline }, effects: [{ type: 'timer', deadline }] };
      }
      return giveUp(
        state,
        `not ready after ${Math.round(Math.max(policy.readyTimeout, now - state.process.startedAt) / 100) / 10} s`,
        policy,
        now,
      );
    case 'stopping': {
      const deadline = draw(state, killInterval, now);
      return {
        state: { ...state, tickets: deadline.ticket, deadline },
        effects: [
          { type: 'signal', run: state.process.run, how: 'kill' },
          { type: 'timer', deadline },
        ],
      };
    }
    case 'waiting':
    case 'failed':
      return spawn(state, { ...common(state), restarts: state.restarts + 1 }, 'started again');
  }
}

/** A start whose process runs and does not become ready. */
function giveUp(
  state: Extract<Lifecycle, { phase: 'probing' }>,
  reason: string,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  const stopped = stop(state, common(state), state.process, 'not-ready', reason, policy, now);
  return { state: stopped.state, effects: [...stopped.effects, { type: 'start-failed', reason }] };
}

/** A start that came to nothing: gone without having become ready. */
function startFailed(state: Lifecycle, reason: string, policy: LifecyclePolicy, now: number): Transition {
  const failure: Effect = { type: 'start-failed', reason };
  const next =
    state.wanted === 'down'
      ? change(state, { ...calm(state), state: 'down' }, reason)
      : again(state, oneMore(state), 'failed', reason, policy, now);
  return { state: next.state, effects: [failure, ...next.effects] };
}

/** After an unwanted end: start again, at once or later. `failures` before it, `early` with it. */
function again(
  state: Lifecycle,
  { failures, early }: { readonly failures: number; readonly early: number },
  rest: 'waiting' | 'failed',
  reason: string,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  if (policy.restart === 'never') return change(state, { ...common(state), wanted: 'down', state: 'down' }, reason);
  const delay = restartDelay(policy.restart, failures, early);
  const base = { ...common(state), failures: failures + 1, earlyEnds: early };
  if (delay === 0) return spawn(state, { ...base, restarts: base.restarts + 1 }, `${reason}; started again at once`);
  const deadline = draw(base, delay, now);
  const next = change(
    state,
    { ...base, tickets: deadline.ticket, state: rest, deadline, reason },
    `${reason}; ${isCrashLoop(early) ? `crash loop, ${early} times in a row: ` : ''}to be started again in ${delay / 1000} s`,
  );
  return { state: next.state, effects: [{ type: 'timer', deadline }, ...next.effects] };
}

function spawn(from: Lifecycle, base: Common, reason: string): Transition {
  const run = base.tickets + 1;
  const next = change(from, { ...base, tickets: run, state: 'starting', phase: 'spawning', run }, reason);
  // The spawn comes first: while it is reported, nobody serves.
  return { state: next.state, effects: [{ type: 'spawn', run }, ...next.effects] };
}

function probing(
  from: Lifecycle,
  base: Common,
  process: LiveProcess,
  reason: string | undefined,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  const deadline = draw(base, policy.readyTimeout, now);
  const state: Lifecycle = {
    ...base,
    tickets: deadline.ticket,
    state: 'starting',
    phase: 'probing',
    process,
    deadline,
  };
  const effects: readonly Effect[] = [
    { type: 'timer', deadline },
    { type: 'probe', run: process.run },
  ];
  return { state, effects: reason === undefined ? effects : [...effects, ...change(from, state, reason).effects] };
}

function stop(
  from: Lifecycle,
  base: Common,
  process: LiveProcess,
  cause: 'asked' | 'not-ready',
  reason: string,
  policy: LifecyclePolicy,
  now: number,
): Transition {
  const deadline = draw(base, policy.stopTimeout, now);
  const next = change(from, { ...base, tickets: deadline.ticket, state: 'stopping', process, deadline, cause }, reason);
  return {
    state: next.state,
    effects: [{ type: 'signal', run: process.run, how: 'stop' }, { type: 'timer', deadline }, ...next.effects],
  };
}

function draw(base: Common, delay: number, now: number): Deadline {
  return { ticket: base.tickets + 1, at: now + delay };
}

function change(from: Lifecycle, to: Lifecycle, reason: string): Transition {
  return { state: to, effects: [{ type: 'report', from: from.state, to: to.state, reason }] };
}

function same(state: Lifecycle): Transition {
  return { state, effects: [] };
}

/** A start that never became ready. */
function oneMore({ failures, earlyEnds }: Common): { readonly failures: number; readonly early: number } {
  return { failures, early: earlyEnds + 1 };
}

/** Somebody's wish: whatever failed before does not count any more. */
function calm(state: Common): Common {
  return { ...common(state), failures: 0, earlyEnds: 0 };
}

function common({ wanted, failures, earlyEnds, restarts, tickets }: Common): Common {
  return { wanted, failures, earlyEnds, restarts, tickets };
}
