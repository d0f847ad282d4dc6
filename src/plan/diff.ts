import { createHash } from 'node:crypto';

import { canonical } from './differences.ts';
import type { Change, Observed, Plan, Resource, ResourceKind } from './resource.ts';
import { titleOf, titleOfMany } from './titles.ts';

/** Something that only a built release can tell all about: it stands in a plan as 'later'. */
export type Later = Pick<Change, 'kind' | 'id' | 'title' | 'because'>;

export type PlanOptions = {
  /** What is decided once the release is built, while there is none. */
  readonly later?: readonly Later[];
  /** What the site had when it was last brought up. What is gone from `wanted` since, and still there, is removed where that loses no data. */
  readonly had?: readonly Resource[];
};

/** Whether Roadie may take things of a kind away: they can all be made again. Never folders, users, packages, releases. */
export function isRemovable(kind: ResourceKind): boolean {
  return kind === 'service' || kind === 'file' || kind === 'certificate';
}

/**
 * The ordered changes from what was observed to what is wanted: in the order of `wanted`, then what is decided later, then
 * removals, last made first gone. What stands behind the release in `wanted` depends on it: while the release itself is to
 * change, such a resource is 'later' unless something is wrong with it already.
 * `observed` has an answer for every resource of `wanted`; those of `had` without one count as absent.
 */
export function makePlan(
  site: string,
  wanted: readonly Resource[],
  observed: readonly Observed[],
  options: PlanOptions = {},
): Plan {
  const answers = new Map(observed.map((answer) => [answer.id, answer]));
  const changes: Change[] = [];
  const basis: unknown[] = [];
  let releaseChanges = false;
  const known = new Set<string>();
  for (const resource of wanted) {
    const answer = answers.get(resource.id);
    if (!answer) throw new Error(`nothing was observed for ${resource.id}`);
    if (known.has(resource.id)) throw new Error(`${resource.id} is wanted twice`);
    known.add(resource.id);
    const change = decide(resource, answer, releaseChanges);
    if (resource.kind === 'release' && change.action !== 'keep') releaseChanges = true;
    changes.push(change);
    basis.push([comparable(resource), answer]);
  }
  for (const later of options.later ?? []) {
    if (known.has(later.id)) continue;
    known.add(later.id);
    changes.push({ action: 'later', id: later.id, kind: later.kind, title: later.title, because: later.because });
  }
  for (const resource of (options.had ?? []).toReversed()) {
    const answer = answers.get(resource.id);
    if (known.has(resource.id) || !isRemovable(resource.kind) || !answer || answer.state === 'absent') continue;
    known.add(resource.id);
    changes.push({
      action: 'remove',
      id: resource.id,
      kind: resource.kind,
      title: titleOf(resource),
      because: 'the project no longer asks for it',
    });
  }
  return { site, changes, fingerprint: fingerprint([site, changes, basis]) };
}

/** Whether applying a plan would change nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.every((change) => change.action === 'keep');
}

/** The changes that do something, in order. */
export function effective(plan: Plan): readonly Change[] {
  return plan.changes.filter((change) => change.action !== 'keep');
}

const signs: Readonly<Record<Change['action'], string>> = {
  create: '+',
  update: '~',
  replace: '±',
  remove: '-',
  keep: '=',
  later: '…',
};

/**
 * A plan as lines of plain text: one for each change that does something, or one that says that there is none. Folders and
 * packages that are made one after the other are one line.
 */
export function explainPlan(plan: Plan): readonly string[] {
  const groups: [Change, ...Change[]][] = [];
  for (const change of effective(plan)) {
    const last = groups.at(-1);
    if (last && mayShareLine(last[0], change)) last.push(change);
    else groups.push([change]);
  }
  const lines = groups.map((changes) => {
    const [first] = changes;
    const how = first.how === undefined ? '' : `: ${first.how.split('\n')[0] ?? ''}`;
    return `${signs[first.action]} ${titleOfMany(changes)}${how}${changes.length === 1 ? ` (${first.because})` : ''}`;
  });
  return lines.length > 0 ? lines : [`Nothing to do: ${plan.site} is as it should be.`];
}

function mayShareLine(one: Change, other: Change): boolean {
  return (
    one.kind === other.kind &&
    one.action === 'create' &&
    other.action === 'create' &&
    ['folder', 'package'].includes(one.kind)
  );
}

function decide(resource: Resource, answer: Observed, releaseChanges: boolean): Change {
  const base = { id: resource.id, kind: resource.kind, title: titleOf(resource), because: resource.because };
  switch (answer.state) {
    case 'absent':
      return { action: 'create', ...base };
    case 'different':
      return {
        action: resource.kind === 'release' || resource.kind === 'certificate' ? 'replace' : 'update',
        ...base,
        how: answer.how,
      };
    default:
      return { action: releaseChanges ? 'later' : 'keep', ...base };
  }
}

/**
 * What of a resource goes into the fingerprint. Secrets stay out, values and all: they are generated once and are nobody's
 * choice, and a fingerprint travels.
 */
function comparable(resource: Resource): unknown {
  switch (resource.kind) {
    case 'file':
      return resource.wanted.secret ? { ...resource.wanted, content: '' } : resource.wanted;
    case 'command':
      return {
        ...resource.wanted,
        input: resource.wanted.input === undefined ? undefined : '',
        environment: Object.keys(resource.wanted.environment ?? {}).toSorted(),
      };
    case 'service':
      return { ...resource.wanted, environment: Object.keys(resource.wanted.environment).toSorted() };
    case 'release':
      // The half behind the point is of variables, generated secrets among them; that it differs, the observation tells.
      return { ...resource.wanted, fingerprint: resource.wanted.fingerprint.split('.')[0] };
    default:
      return resource.wanted;
  }
}

/** SHA-256 of a value, the same whatever order its objects' keys are in. */
function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
