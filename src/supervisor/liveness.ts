import type { LivenessSpec } from '../services/service.ts';

/**
 * What a look at a ready service came to. `slow`: an answer that took longer than `timeoutSeconds`. `busy`: no answer in time, but its processes compute: that is overload and not a
 * hang, and a restart would make it worse. `stopped`: the main process, or all of its workers, are held by SIGSTOP.
 */
export type Sign = 'answered' | 'slow' | 'silent' | 'busy' | 'stopped';

/** What is remembered from look to look. `notBefore` in milliseconds of the clock that `now` comes from. */
export type Liveness = {
  /** It has answered in time since it became ready: only then does it have to again. */
  readonly proven: boolean;
  /** Looks in a row without a sign of life. */
  readonly failures: number;
  /** Replacements for silence that came one soon after the other. */
  readonly replaced: number;
  readonly notBefore: number;
};

export const untested: Liveness = { proven: false, failures: 0, replaced: 0, notBefore: 0 };

/** After it was replaced for its silence, a service is not replaced for that again within this time, which doubles to the longest. Milliseconds. */
const patience = { first: 60_000, longest: 600_000 };

/** How long an answer may take, in seconds, from a service that has not yet shown that it can be quicker. */
const patientSeconds = 30;

/** How long an answer is waited for now, in seconds. */
export function answerSeconds(spec: LivenessSpec, state: Liveness): number {
  return state.proven ? spec.timeoutSeconds : Math.max(patientSeconds, spec.timeoutSeconds);
}

/** The same service with a new process. */
export function afresh(state: Liveness): Liveness {
  return { ...state, proven: false, failures: 0 };
}

/**
 * Whether a service hangs: `spec.failures` looks in a row without a sign of life. A health route that is always slow is given
 * more time (`answerSeconds`), since that says nothing about hanging; and where a replacement did not help for long, the next waits.
 */
export function judge(
  state: Liveness,
  sign: Sign,
  spec: Pick<LivenessSpec, 'failures'>,
  now: number,
): { readonly state: Liveness; readonly hangs: boolean } {
  switch (sign) {
    case 'answered': {
      const calm = now >= state.notBefore + patience.longest;
      return { state: { ...state, proven: true, failures: 0, ...(calm && { replaced: 0 }) }, hangs: false };
    }
    case 'slow':
      return { state: { ...state, failures: 0 }, hangs: false };
    case 'busy':
      return { state, hangs: false };
    case 'stopped': {
      const failures = state.failures + 1;
      return failures < spec.failures
        ? { state: { ...state, failures }, hangs: false }
        : { state: afresh(state), hangs: true };
    }
    case 'silent': {
      const failures = state.failures + 1;
      if (failures < spec.failures || now < state.notBefore) return { state: { ...state, failures }, hangs: false };
      const pause = Math.min(patience.first * 2 ** Math.min(state.replaced, 10), patience.longest);
      return { state: { ...afresh(state), replaced: state.replaced + 1, notBefore: now + pause }, hangs: true };
    }
  }
}

/** Milliseconds from the beginning of one look to the next: after one without a sign of life the next follows at once. */
export function nextLook(spec: LivenessSpec, state: Liveness): number {
  return (state.failures === 0 ? spec.intervalSeconds : spec.timeoutSeconds) * 1000;
}
