import type { ReleaseRecord } from '../../sites/record.ts';
import { isEmpty, makePlan } from '../../plan/diff.ts';
import { rulesOf } from '../../plan/plan.ts';
import type { Change, Plan, Resource } from './resource.ts';
import { machineKinds, titleOfMany } from './kinds.ts';
import { ProblemError } from '../../problems/problem.ts';
import { runStep } from '../../build/step.ts';
import type { Door } from './door.ts';
import { removeWantedFile } from './files.ts';
import { applyKind, observeAll } from './observe.ts';
import type { Wanted } from './resources.ts';
import { removeServices } from './service.ts';
import { outstanding, stagesOf, stepsOf } from './steps.ts';

/** What applying a plan came to. */
export type Applied = {
  /** The release that is live now; undefined where there is none to build. */
  readonly release: ReleaseRecord | undefined;
  /** The site's resources as they were made, with their services' groups. */
  readonly wanted: Wanted;
  /** Ids of what was changed, in order. */
  readonly changed: readonly string[];
};

/** Looks at the machine and makes the plan for a site. `had`: the resources that the site had when it was last brought up. */
export async function planFor(door: Door, wanted: Wanted, had: readonly Resource[] = []): Promise<Plan> {
  const names = new Set(wanted.resources.map((resource) => resource.id));
  const gone = had.filter((resource) => !names.has(resource.id) && rulesOf(machineKinds, resource).isRemovable);
  const observed = await observeAll([...wanted.resources, ...gone], door);
  return makePlan(machineKinds, door.site, wanted.resources, observed, { later: wanted.later, had: gone });
}

/**
 * Applies a plan step by step, and stops at the first failure: everything that was done counts, and another `up` goes on from
 * there. Each step looks at its resources anew before it changes any, since the steps before have made what these stand on.
 * `confirmed` is the fingerprint that somebody agreed to, or 'any'. Throws `plan-outdated` where the plan is another, before
 * anything is touched, and the problems of the step that failed.
 */
export async function applyPlan(
  plan: Plan,
  door: Door,
  options: { readonly confirmed: string; readonly had?: readonly Resource[] },
): Promise<Applied> {
  if (options.confirmed !== 'any' && options.confirmed !== plan.fingerprint) throw outdated(plan);
  if (isEmpty(plan))
    return {
      release: await door.currentRelease(),
      wanted: await door.wanted(await door.currentRelease()),
      changed: [],
    };
  const taken = new Set<string>();
  const changed: string[] = [];
  const kept = new Set(plan.changes.filter(({ action }) => action === 'keep').map(({ id }) => id));
  const apply = async (resources: readonly Resource[], wanted: Wanted): Promise<void> => {
    for (const step of stepsOf(resources, taken)) {
      // As long as nothing was changed, what was as it should be when the plan was made still is.
      const unsure = changed.length > 0 ? step.resources : step.resources.filter(({ id }) => !kept.has(id));
      const todo = outstanding(unsure, unsure.length === 0 ? [] : await observeAll(unsure, door));
      const [first, ...rest] = todo.map(described);
      if (first === undefined) continue;
      const work = (): Promise<void> => applyKind(step.kind, todo, door, wanted);
      // A build tells its own steps.
      await (step.kind === 'release'
        ? work()
        : runStep({ name: step.id, title: titleOfMany([first, ...rest]) }, door, work));
      changed.push(...todo.map((resource) => resource.id));
    }
  };
  let release = await door.currentRelease();
  let wanted = await door.wanted(release);
  await apply(stagesOf(wanted.resources).ground, wanted);
  // New packages and users bring folders of programs and ids that were not known before.
  if (changed.length > 0) wanted = await door.wanted(release);
  await apply(stagesOf(wanted.resources).base, wanted);
  const before = changed.length;
  await apply(stagesOf(wanted.resources).release, wanted);
  if (changed.length > before) {
    release = await door.currentRelease();
    wanted = await door.wanted(release);
  }
  await apply(stagesOf(wanted.resources).rest, wanted);
  changed.push(...(await remove(plan, options.had ?? [], door, taken)));
  return { release, wanted, changed };
}

/** Takes away what the plan says, last made first gone. */
async function remove(
  plan: Plan,
  had: readonly Resource[],
  door: Door,
  taken: Set<string>,
): Promise<readonly string[]> {
  const known = new Map(had.map((resource) => [resource.id, resource]));
  const removed: string[] = [];
  for (const change of plan.changes.filter((candidate) => candidate.action === 'remove')) {
    const resource = known.get(change.id);
    if (!resource) throw new Error(`${change.id} is to be removed, and nobody says what it was`);
    const [step] = stepsOf([resource], taken);
    await runStep({ name: step?.id ?? change.id, title: `Remove ${change.title}` }, door, () =>
      removeOne(resource, door),
    );
    removed.push(change.id);
  }
  return removed;
}

async function removeOne(resource: Resource, door: Door): Promise<void> {
  switch (resource.kind) {
    case 'service':
      return removeServices(resource.wanted.group, new Set([resource.wanted.name]), door);
    case 'file':
      return removeWantedFile(resource.wanted);
    case 'certificate':
      return door.certificates.remove(resource);
    default:
      // The plan never has these: they hold data, or others may use them.
      throw new Error(`${resource.kind} is never removed`);
  }
}

function described(resource: Resource): Pick<Change, 'kind' | 'id' | 'title'> {
  return { kind: resource.kind, id: resource.id, title: rulesOf(machineKinds, resource).title(resource) };
}

function outdated(plan: Plan): ProblemError {
  return new ProblemError({
    code: 'plan-outdated',
    summary: `The machine or the project has changed since the plan for ${plan.site} was shown, so it was not applied`,
    cure: ['Look at the new plan and confirm that one.', '$ roadie up', `$ roadie plan ${plan.site}`],
  });
}
