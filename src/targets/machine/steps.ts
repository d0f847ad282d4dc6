import type { Observed, Resource, ResourceKind } from './resource.ts';

/** A run of resources of one kind that stand next to each other: one visible step, and one call where the kind can do many at once. */
export type PlanStep = {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly resources: readonly [Resource, ...Resource[]];
};

/** Resources as steps, in their order. The edge's files are a step of their own; `taken` holds the ids of steps that went before. */
export function stepsOf(resources: readonly Resource[], taken: Set<string> = new Set()): readonly PlanStep[] {
  const steps: { id: string; kind: ResourceKind; resources: [Resource, ...Resource[]] }[] = [];
  for (const resource of resources) {
    const last = steps.at(-1);
    if (last && last.kind === resource.kind && nameOf(last.resources[0]) === nameOf(resource))
      last.resources.push(resource);
    else steps.push({ id: uniqueId(nameOf(resource), taken), kind: resource.kind, resources: [resource] });
  }
  return steps;
}

/** The resources of a step that are not as they should be. */
export function outstanding(resources: readonly Resource[], observed: readonly Observed[]): readonly Resource[] {
  const same = new Set(observed.filter((answer) => answer.state === 'same').map((answer) => answer.id));
  return resources.filter((resource) => !same.has(resource.id));
}

/**
 * Stages in which a machine is changed: each needs to know what the one before has made (users' ids, the release). `live` are the
 * services of the release, `rest` what follows them.
 */
export function stagesOf(resources: readonly Resource[]): {
  readonly ground: readonly Resource[];
  readonly base: readonly Resource[];
  readonly release: readonly Resource[];
  readonly live: readonly Resource[];
  readonly rest: readonly Resource[];
} {
  const release = resources.findIndex((resource) => resource.kind === 'release');
  const end = release < 0 ? resources.length : release;
  const isGround = ({ kind }: Resource): boolean => kind === 'package' || kind === 'user' || kind === 'group';
  const before = resources.slice(0, end);
  const behind = resources.slice(end + 1);
  const isService = ({ kind }: Resource): boolean => kind === 'service';
  return {
    ground: before.filter(isGround),
    base: before.filter((resource) => !isGround(resource)),
    release: resources.slice(end, end + 1),
    live: behind.filter(isService),
    rest: behind.filter((resource) => !isService(resource)),
  };
}

function nameOf(resource: Resource): string {
  switch (resource.kind) {
    case 'file':
      return resource.wanted.edge ? 'edge-files' : 'files';
    case 'service':
      return resource.wanted.group === 'edge' ? 'edge' : 'services';
    case 'release':
    case 'certificate':
      return resource.kind;
    default:
      return `${resource.kind}s`;
  }
}

function uniqueId(name: string, taken: Set<string>): string {
  let id = name;
  for (let number = 2; taken.has(id); number += 1) id = `${name}-${number}`;
  taken.add(id);
  return id;
}
