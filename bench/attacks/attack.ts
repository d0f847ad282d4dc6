import type { World } from './world.ts';

/** Who attacks, by what they can do already. */
export type Who = 'visitor' | 'committer' | 'broken-into site' | 'local user';

/** What came of an attack. `saw` is what was seen, with its figures, in a few words. */
export type Outcome = { readonly held: boolean; readonly saw: string } | { readonly notRun: string };

/** One attack, as data: the table of docs/security.md is made of these and of what came of them. */
export type Attack = {
  readonly name: string;
  readonly who: Who;
  /** What is tried, in the past tense, as the table tells it. */
  readonly how: string;
  /** What must be so afterwards. */
  readonly promise: string;
  run(world: World): Promise<Outcome>;
};

/** Attacks on one part of Roadie. */
export type Area = {
  readonly id: string;
  readonly title: string;
  readonly attacks: readonly Attack[];
  /** Puts the sites back as they were, for the areas after it. */
  readonly after?: (world: World) => Promise<void>;
};

/** An attack that met what it was after is told by what it found; one that found nothing has `fine` to say. */
export function outcome(wrong: readonly string[], fine: string): Outcome {
  return wrong.length === 0 ? { held: true, saw: fine } : { held: false, saw: few(wrong) };
}

/** The first three, and how many more. */
function few(list: readonly string[]): string {
  return list.length <= 3 ? list.join('; ') : `${list.slice(0, 3).join('; ')}; ${list.length - 3} more`;
}
