import { failed, ok, type Result } from '../problems/problem.ts';

/** What the order is decided from: the part of a ServiceSpec that says who comes before whom. */
export type Ordered = {
  readonly name: string;
  readonly after: readonly string[];
  readonly stateful?: boolean | undefined;
};

/**
 * Services in the order of their start: each after all that its `after` names, otherwise as listed. Names that are not in
 * the list do not count. Reversed, it is the order to stop in. A cycle is a problem that names its members.
 */
export function startOrder<T extends Ordered>(services: readonly T[]): Result<readonly T[]> {
  const known = new Map(services.map((service) => [service.name, service]));
  const ordered: T[] = [];
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (service: T): readonly string[] | undefined => {
    if (done.has(service.name)) return undefined;
    const seen = path.indexOf(service.name);
    if (seen >= 0) return [...path.slice(seen), service.name];
    path.push(service.name);
    for (const name of service.after) {
      const before = known.get(name);
      const cycle = before && visit(before);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(service.name);
    ordered.push(service);
    return undefined;
  };

  for (const service of services) {
    const cycle = visit(service);
    if (cycle) {
      return failed({
        code: 'config-bad-value',
        summary: `Services wait for each other in a circle: ${cycle.join(' → ')}`,
        cure: [`Take one of ${cycle.slice(1).join(', ')} out of the 'after' of the one before it.`],
      });
    }
  }
  return ok(ordered);
}

/** Names of the services that `name` must wait for and that are in the list. */
export function dependenciesOf(services: readonly Ordered[], name: string): readonly string[] {
  const known = new Set(services.map((service) => service.name));
  return (services.find((service) => service.name === name)?.after ?? []).filter(
    (before) => known.has(before) && before !== name,
  );
}

/**
 * Names of the services in the list that stop before `name`: those that wait for it, and before a service that keeps data all
 * that keep none. They start without it, so that a site is back as soon as may be, but they may be answering from it.
 */
export function dependentsOf(services: readonly Ordered[], name: string): readonly string[] {
  const keepsData = services.find((service) => service.name === name)?.stateful === true;
  const needed = neededBy(services, name);
  return services
    .filter((service) => service.name !== name)
    .filter(
      (service) =>
        service.after.includes(name) || (keepsData && service.stateful !== true && !needed.has(service.name)),
    )
    .map((service) => service.name);
}

/** All that `name` waits for, at any remove. */
function neededBy(services: readonly Ordered[], name: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const before of dependenciesOf(services, name)) {
    if (seen.has(before)) continue;
    seen.add(before);
    neededBy(services, before, seen);
  }
  return seen;
}
