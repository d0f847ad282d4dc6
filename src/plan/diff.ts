import { createHash } from 'node:crypto';

import { canonical } from './differences.ts';
import { type Change, type Item, type Kinds, type Later, type Observed, type Plan, rulesOf } from './plan.ts';

export type PlanOptions<I extends Item> = {
  /** What is decided once the release is built, while there is none. */
  readonly later?: readonly Later<I['kind']>[];
  /** What the site had when it was last brought up. What is gone from `wanted` since, and still there, is removed where that loses no data. */
  readonly had?: readonly I[];
};

/**
 * The ordered changes from what was observed to what is wanted: in the order of `wanted`, then what is decided later, then
 * removals, last made first gone. What stands behind a ground in `wanted` (the release) depends on it: while that is to
 * change, such a thing is 'later' unless something is wrong with it already.
 * `observed` has an answer for everything in `wanted`; those of `had` without one count as absent.
 */
export function makePlan<I extends Item>(
  kinds: Kinds<I>,
  site: string,
  wanted: readonly I[],
  observed: readonly Observed[],
  options: PlanOptions<I> = {},
): Plan<I['kind']> {
  const answers = new Map(observed.map((answer) => [answer.id, answer]));
  const changes: Change<I['kind']>[] = [];
  const basis: unknown[] = [];
  let groundChanges = false;
  const known = new Set<string>();
  for (const item of wanted) {
    const answer = answers.get(item.id);
    if (!answer) throw new Error(`nothing was observed for ${item.id}`);
    if (known.has(item.id)) throw new Error(`${item.id} is wanted twice`);
    known.add(item.id);
    const rules = rulesOf(kinds, item);
    const change = decide(kinds, item, answer, groundChanges);
    if (rules.isGround && change.action !== 'keep') groundChanges = true;
    changes.push(change);
    basis.push([rules.comparable ? rules.comparable(item) : item.wanted, answer]);
  }
  for (const later of options.later ?? []) {
    if (known.has(later.id)) continue;
    known.add(later.id);
    changes.push({ action: 'later', id: later.id, kind: later.kind, title: later.title, because: later.because });
  }
  for (const item of (options.had ?? []).toReversed()) {
    const answer = answers.get(item.id);
    const rules = rulesOf(kinds, item);
    if (known.has(item.id) || !rules.isRemovable || !answer || answer.state === 'absent') continue;
    known.add(item.id);
    const because = 'the project no longer asks for it';
    changes.push({ action: 'remove', id: item.id, kind: item.kind, title: rules.title(item), because });
  }
  return { site, changes, fingerprint: fingerprint([site, changes, basis]) };
}

/** Whether applying a plan would change nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.every((change) => change.action === 'keep');
}

/** The changes that do something, in order. */
export function effective<Kind extends string>(plan: Plan<Kind>): readonly Change<Kind>[] {
  return plan.changes.filter((change) => change.action !== 'keep');
}

function decide<I extends Item>(kinds: Kinds<I>, item: I, answer: Observed, groundChanges: boolean): Change<I['kind']> {
  const rules = rulesOf(kinds, item);
  const base = { id: item.id, kind: item.kind, title: rules.title(item), because: item.because };
  switch (answer.state) {
    case 'absent':
      return { action: 'create', ...base };
    case 'different':
      return { action: rules.isReplaced ? 'replace' : 'update', ...base, how: answer.how };
    default:
      return { action: groundChanges ? 'later' : 'keep', ...base };
  }
}

/** SHA-256 of a value, the same whatever order its objects' keys are in. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
