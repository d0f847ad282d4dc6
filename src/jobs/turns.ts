import type { TurnAnswer, TurnRequest } from '../contract/turns.ts';
import { ProblemError } from '../problems/problem.ts';

/** How an operation shares the machine with those of other sites. It begins with the turn for what all sites share. */
export type JobTurns = {
  /** Says which site it works on, before anything of that site is read. Throws `busy` where it is not to wait for another. */
  site(name: string): Promise<void>;
  /** Builds, while others change what sites share. `memoryBytes`: what the build may use at most. */
  building<Result>(memoryBytes: number, work: () => Promise<Result>): Promise<Result>;
};

/**
 * The turns as the daemon grants them. `isGranted`: it does; not for what only reads, and an older daemon has
 * one job run at a time. `answer`: its next line.
 */
export function askForTurns(
  isGranted: boolean,
  ask: (request: TurnRequest) => void,
  answer: () => Promise<string>,
): JobTurns {
  const take = async (turn: Omit<TurnRequest, 'type'>): Promise<void> => {
    if (!isGranted) return;
    ask({ type: 'turn', ...turn });
    const { busy } = JSON.parse(await answer()) as TurnAnswer;
    if (busy) throw new ProblemError(busy);
  };
  return {
    site: (name) => take({ turn: 'site', site: name }),
    building: async (memoryBytes, work) => {
      await take({ turn: 'build', memory_bytes: memoryBytes });
      try {
        return await work();
      } finally {
        await take({ turn: 'machine' });
      }
    },
  };
}
