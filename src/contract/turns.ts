import type { Problem } from '../problems/problem.ts';

/**
 * What an operation, which is a process, asks of the daemon that has started it, on its standard output: to go on as the one of a
 * site, to build (with so much memory at most), or to change again what sites share. It gives up what it had, and waits for the
 * answer on its standard input.
 */
export type TurnRequest = {
  readonly type: 'turn';
  readonly turn: 'site' | 'build' | 'machine';
  readonly site?: string;
  readonly memory_bytes?: number;
};

/** The turn is there; with `busy` it will not be. */
export type TurnAnswer = { readonly busy?: Problem };
