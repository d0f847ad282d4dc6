import { isEmpty, makePlan } from '../../plan/diff.ts';
import { rulesOf } from '../../plan/plan.ts';
import type { Change, Plan, Resource } from './resource.ts';
import { machineKinds, titleOfMany } from './kinds.ts';
import { ProblemError } from '../../problems/problem.ts';
import { runStep } from '../../build/step.ts';
import type { Applying } from '../target.ts';
import type { Host } from './host.ts';
import { finishEdgeChange } from './edge-files.ts';
import { removeWantedFile } from './files.ts';
import { applyKind, observeAll } from './observe.ts';
import type { Wanted } from './resources.ts';
import { removeServices } from './service.ts';
import { outstanding, stagesOf, stepsOf } from './steps.ts';

/** Looks at the machine and makes the plan for a site. `had`: the resources that the site had when it was last brought up. */
export async function planFor(host: Host, wanted: Wanted, had: readonly Resource[] = []): Promise<Plan> {
  const names = new Set(wanted.resources.map((resource) => resource.id));
  const gone = had.filter((resource) => !names.has(resource.id) && rulesOf(machineKinds, resource).isRemovable);
  const observed = await observeAll([...wanted.resources, ...gone], host);
  return makePlan(machineKinds, host.site, wanted.resources, observed, { later: wanted.later, had: gone });
}

/** What a plan is applied with. */
type ApplyOptions = {
  readonly confirmed: string;
  /** The resources that the site had when it was last brought up: of those that go, what they were. */
  readonly had?: readonly Resource[];
  readonly verify: Applying['verify'];
};

/**
 * A plan that is applied to this machine, step by step. Each step looks at its resources anew before it changes any, since the
 * steps before have made what these stand on; and what is known of the machine (users' ids, programs' folders, the release) is
 * found out anew where that may have changed.
 */
export class ApplyingHere implements Applying {
  readonly verify: Applying['verify'];
  readonly #plan: Plan;
  readonly #host: Host;
  readonly #had: readonly Resource[];
  readonly #kept: ReadonlySet<string>;
  readonly #taken = new Set<string>();
  readonly #changed: string[] = [];
  #wanted: Wanted | undefined;

  constructor(plan: Plan, host: Host, { confirmed, had = [], verify }: ApplyOptions) {
    if (confirmed !== 'any' && confirmed !== plan.fingerprint) throw outdated(plan);
    this.#plan = plan;
    this.#host = host;
    this.#had = had;
    this.#kept = new Set(plan.changes.filter(({ action }) => action === 'keep').map(({ id }) => id));
    this.verify = verify;
  }

  /** Ids of what was changed, in order. */
  get changed(): readonly string[] {
    return this.#changed;
  }

  async prepare(): Promise<void> {
    // A job that was killed may have left the edge's files half changed.
    await finishEdgeChange(this.#host);
    // New packages and users bring folders of programs and ids that were not known before.
    if (await this.#apply('ground')) this.#wanted = undefined;
    await this.#apply('base');
  }

  async build(): Promise<void> {
    if (await this.#apply('release')) this.#wanted = undefined;
  }

  switchOver(): Promise<boolean> {
    return this.#apply('live');
  }

  async finish(): Promise<void> {
    await this.#apply('rest');
    this.#changed.push(...(await remove(this.#plan, this.#had, this.#host, this.#taken)));
  }

  /** Answers whether anything was changed. */
  async #apply(stage: keyof ReturnType<typeof stagesOf>): Promise<boolean> {
    if (isEmpty(this.#plan)) return false;
    const before = this.#changed.length;
    const host = this.#host;
    const wanted = (this.#wanted ??= await host.wanted(await host.releases.current()));
    for (const step of stepsOf(stagesOf(wanted.resources)[stage], this.#taken)) {
      // As long as nothing was changed, what was as it should be when the plan was made still is.
      const unsure = this.#changed.length > 0 ? step.resources : step.resources.filter(({ id }) => !this.#kept.has(id));
      const todo = outstanding(unsure, unsure.length === 0 ? [] : await observeAll(unsure, host));
      const [first, ...others] = todo.map(described);
      if (first === undefined) continue;
      const work = (): Promise<void> => applyKind(step.kind, todo, host, wanted);
      // A build tells its own steps.
      await (step.kind === 'release'
        ? work()
        : runStep({ name: step.id, title: titleOfMany([first, ...others]) }, host, work));
      this.#changed.push(...todo.map((resource) => resource.id));
    }
    return this.#changed.length > before;
  }
}

/** Takes away what the plan says, last made first gone. */
async function remove(
  plan: Plan,
  had: readonly Resource[],
  host: Host,
  taken: Set<string>,
): Promise<readonly string[]> {
  const known = new Map(had.map((resource) => [resource.id, resource]));
  const removed: string[] = [];
  for (const change of plan.changes.filter((candidate) => candidate.action === 'remove')) {
    const resource = known.get(change.id);
    if (!resource) throw new Error(`${change.id} is to be removed, and nobody says what it was`);
    const [step] = stepsOf([resource], taken);
    await runStep({ name: step?.id ?? change.id, title: `Remove ${change.title}` }, host, () =>
      removeOne(resource, host),
    );
    removed.push(change.id);
  }
  return removed;
}

async function removeOne(resource: Resource, host: Host): Promise<void> {
  switch (resource.kind) {
    case 'service':
      return removeServices(resource.wanted.group, new Set([resource.wanted.name]), host);
    case 'file':
      return removeWantedFile(resource.wanted);
    case 'certificate':
      return host.certificates.remove();
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
