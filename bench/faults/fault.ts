import { Load, type LoadResult, type Member } from './load.ts';
import { pause } from './until.ts';

/** Something bad, or a deploy, that happens to a stack while visitors use it. */
export type Fault<Stage> = {
  readonly id: string;
  /** What the table calls it. */
  readonly title: string;
  /** Visitors who ask without a pause, instead of the steady load: more than the machine can do. */
  readonly crowd?: number;
  /** Puts everything in place; the load has not begun. */
  readonly before?: (stage: Stage) => Promise<void>;
  /** Does it. `strike` marks the moment. Throws where what it promises besides the answers does not hold. */
  readonly run: (stage: Stage, strike: () => void) => Promise<void>;
  /** Puts things right again, after the load. */
  readonly after?: (stage: Stage) => Promise<void>;
};

/** What one repeat of a fault did to the visitors. */
export type Hurt = LoadResult & {
  /** Of the failures: requests that somebody was working on at the strike. */
  readonly underWay: number;
  /** Milliseconds from the strike to the end of the last request that failed; 0 where none did. */
  readonly backAfter: number;
};

/** How long a load that lasts so many seconds runs before the fault comes, in milliseconds. */
export function warmUp(seconds: number): number {
  return Math.min(2000, seconds * 200);
}

/** Runs a fault once under load: `seconds` in all, or as long as the fault takes and a second more. */
export async function hurt<Stage extends { readonly member: Member }>(
  fault: Fault<Stage>,
  stage: Stage,
  { seconds, rate }: { readonly seconds: number; readonly rate: number },
): Promise<Hurt> {
  await fault.before?.(stage);
  const load = new Load(stage.member, fault.crowd === undefined ? { rate } : { crowd: fault.crowd });
  let struck = 0;
  try {
    await pause(warmUp(seconds));
    struck = load.now;
    await fault.run(stage, () => {
      struck = load.now;
    });
    await pause(Math.max(1000, seconds * 1000 - load.now));
  } catch (error) {
    await load.end();
    throw new Error(`${fault.title}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const result = await load.end();
  await fault.after?.(stage);
  const { failures } = result;
  return {
    ...result,
    underWay: failures.filter(({ sent, failed }) => sent <= struck && failed >= struck).length,
    backAfter: Math.max(0, ...failures.map(({ failed }) => failed - struck)),
  };
}
