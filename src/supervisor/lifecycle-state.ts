import { earlySeconds } from './restart.ts';
import type { RestartPolicy } from '../services/restart-policy.ts';

/**
 * The life of one supervised process, and of those that follow it: THE state machine. Pure: `step` takes what is and what
 * happened, and returns what is next and what to do about it. `Instance` carries the effects out.
 *
 * ```
 *            want up                spawned              ready
 *   ┌──────┐ ───────▶ ┌──────────┐ ───────▶ ┌──────────┐ ───────▶ ┌───────┐
 *   │ down │          │ starting │          │ starting │          │ ready │
 *   └──────┘          │ spawning │          │ probing  │          └───────┘
 *      ▲              └──────────┘          └──────────┘            │    │
 *      │                ▲  ▲  │ spawn failed   │  │ │ want down,    │    │ exited:
 *      │ exited,     at │  │  ▼                │  │ │ restart,      │    │ at once, or
 *      │ wanted     once│ ┌────────┐  exited   │  │ │ unwell,       │    ▼
 *      │ down           │ │ failed │◀──────────┘  │ ▼ time is up    │  ┌─────────┐
 *      │                │ └────────┘   at once,   │ ┌──────────┐    │  │ waiting │
 *      │                │   time is up: starting  │ │          │◀───┘  └─────────┘
 *      └────────────────┴─────────────────────────┴─│ stopping │ want down,  │ time is up:
 *                                                   └──────────┘ restart     ▼ starting
 *                            time is up: SIGKILL, again and again
 * ```
 *
 * - `wanted` (what someone asked for) stays apart from the state (what is). Nothing but `want` and `restart` changes it,
 *   and where restarting is 'never', a failure.
 * - `waiting` follows a run that had become ready, `failed` a start that did not. Both end by themselves: what is wanted
 *   up is never given up on.
 * - Every spawn and every deadline draws a ticket, so that news of an older process or an older timer changes nothing.
 */
export type Lifecycle = Common &
  (
    | { readonly state: 'down' }
    | { readonly state: 'starting'; readonly phase: 'spawning'; readonly run: number }
    | {
        readonly state: 'starting';
        readonly phase: 'probing';
        readonly process: LiveProcess;
        readonly deadline: Deadline;
      }
    | { readonly state: 'ready'; readonly process: LiveProcess }
    | {
        readonly state: 'stopping';
        readonly process: LiveProcess;
        readonly deadline: Deadline;
        /** Why it has to go, which decides what follows. */ readonly cause: 'asked' | 'not-ready';
      }
    | { readonly state: 'waiting'; readonly deadline: Deadline; readonly reason: string }
    | { readonly state: 'failed'; readonly deadline: Deadline; readonly reason: string }
  );

export type Intent = 'up' | 'down';

export type Common = {
  readonly wanted: Intent;
  /** Failed runs in a row. */
  readonly failures: number;
  /** Runs in a row that ended unwantedly within their first minute, or never became ready. */
  readonly earlyEnds: number;
  /** Starts after an unwanted end, in all. */
  readonly restarts: number;
  /** The last ticket drawn. */
  readonly tickets: number;
};

/** `startedAt` in milliseconds of the clock that `now` comes from. */
export type LiveProcess = { readonly run: number; readonly pid: number; readonly startedAt: number };

/** `at` in milliseconds of the clock that `now` comes from. */
export type Deadline = { readonly ticket: number; readonly at: number };

export type LifecycleEvent =
  | {
      readonly type: 'want';
      readonly wanted: Intent;
      /** For people; default: that someone asked. */ readonly reason?: string;
    }
  | { readonly type: 'restart' }
  /** A process of an earlier daemon is taken over. Counts in `down` only. */
  | { readonly type: 'adopt'; readonly pid: number; readonly ready: boolean; readonly restarts: number }
  | { readonly type: 'spawned'; readonly run: number; readonly pid: number }
  | { readonly type: 'spawn-failed'; readonly run: number; readonly reason: string }
  | { readonly type: 'ready'; readonly run: number }
  /** It answers, and says too often that it is not well. */
  | { readonly type: 'unwell'; readonly run: number; readonly reason: string }
  | { readonly type: 'exited'; readonly run: number; readonly reason: string }
  /** `loading`: its process has computed until now. */
  | { readonly type: 'time'; readonly ticket: number; readonly loading?: boolean };

export type Effect =
  /** Start a process, and say `spawned` or `spawn-failed`. */
  | { readonly type: 'spawn'; readonly run: number }
  /** Ask its readiness until it answers (`ready`) or the process leaves `starting`. */
  | { readonly type: 'probe'; readonly run: number }
  /** `stop` is the service's own stop signal, `kill` is SIGKILL to the whole process group. */
  | { readonly type: 'signal'; readonly run: number; readonly how: 'stop' | 'kill' }
  /** Say `time` with the ticket then. There is one timer: a new one replaces the old, and a state without a deadline needs none. */
  | { readonly type: 'timer'; readonly deadline: Deadline }
  /** An attempt to start has failed, whatever follows. */
  | { readonly type: 'start-failed'; readonly reason: string }
  | {
      readonly type: 'report';
      readonly from: Lifecycle['state'];
      readonly to: Lifecycle['state'];
      readonly reason: string;
    };

/** Milliseconds, but for the restart policy. */
export type LifecyclePolicy = {
  /** 'never': a failure ends in `down`, for a process that only has one try. */
  readonly restart: RestartPolicy | 'never';
  readonly readyTimeout: number;
  readonly stopTimeout: number;
};

/** The state after an event, and what has to be done for it. */
export type Transition = { readonly state: Lifecycle; readonly effects: readonly Effect[] };

/** Where every life begins. */
export const initial: Lifecycle = { state: 'down', wanted: 'down', failures: 0, earlyEnds: 0, restarts: 0, tickets: 0 };

/** The process that there is, if there is one. */
export function processOf(state: Lifecycle): LiveProcess | undefined {
  return 'process' in state ? state.process : undefined;
}

/** How often in a row it ended early, as far as that is not over: what has run for a minute has got out of it. `now` as for {@link step}. */
export function earlyEndsOf(state: Lifecycle, now: number): number {
  return state.state === 'ready' && now - state.process.startedAt >= earlySeconds * 1000 ? 0 : state.earlyEnds;
}
