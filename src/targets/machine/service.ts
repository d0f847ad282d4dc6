import { canonical, fieldDifferences } from '../../plan/differences.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { Host, Kind } from './host.ts';
import { finishEdgeChange } from './edge-files.ts';
import type { Wanted } from './resources.ts';

/** Services: what the group's state file says is what the daemon keeps true, so that is what is compared. */
export const serviceKind: Kind<'service'> = {
  async observe(resources, host) {
    const groups = new Map<string, GroupSpec | undefined>();
    for (const { wanted } of resources)
      if (!groups.has(wanted.group)) groups.set(wanted.group, await host.groups.recorded(wanted.group));
    return resources.map(({ id, wanted }) => {
      const recorded = groups.get(wanted.group)?.services.find((service) => service.name === wanted.name);
      if (!recorded) return { id, state: 'absent' };
      // Values are not told: an environment holds secrets.
      return canonical(recorded) === canonical(wanted)
        ? { id, state: 'same' }
        : { id, state: 'different', how: fieldDifferences(recorded, wanted).join(', ') };
    });
  },

  async apply(resources, host, wanted) {
    for (const group of new Set(resources.map((resource) => resource.wanted.group))) {
      const names = new Set(
        resources.flatMap((resource) => (resource.wanted.group === group ? [resource.wanted.name] : [])),
      );
      if (group === 'edge') await changeEdge(groupOf(wanted, group), host);
      else await host.groups.reconcile(merged(await host.groups.recorded(group), groupOf(wanted, group), names));
    }
  },
};

/**
 * The host's edge as it is wanted. Another program cannot listen on ports that are still taken: the one that served goes first, and
 * comes back where the new one does not get ready. Visitors are refused in between.
 */
async function changeEdge(wanted: GroupSpec, host: Host): Promise<void> {
  const recorded = await host.groups.recorded(wanted.group);
  const leaves = recorded?.services.some(({ name }) => wanted.services.every((service) => service.name !== name));
  if (recorded && leaves === true) {
    await host.groups.reconcile({ ...recorded, services: [] });
    try {
      await host.groups.reconcile(wanted);
    } catch (error) {
      await host.groups.reconcile(recorded).catch(() => undefined);
      throw error;
    }
  } else await host.groups.reconcile(wanted);
  await finishEdgeChange(host);
}

/** Stops services and drops them. */
export async function removeServices(group: string, names: ReadonlySet<string>, host: Host): Promise<void> {
  const recorded = await host.groups.recorded(group);
  if (recorded?.services.some((service) => names.has(service.name))) {
    await host.groups.reconcile({
      ...recorded,
      services: recorded.services.filter((service) => !names.has(service.name)),
    });
  }
}

/** A group in which the services of these names are as wanted and all others as recorded: data services change before there is a release to run. */
function merged(recorded: GroupSpec | undefined, wanted: GroupSpec, names: ReadonlySet<string>): GroupSpec {
  const kept = new Map(recorded?.services.map((service) => [service.name, service]));
  const ordered = wanted.services.flatMap((service) => {
    const spec = names.has(service.name) ? service : kept.get(service.name);
    kept.delete(service.name);
    return spec ? [spec] : [];
  });
  const paths = new Set(wanted.folders.map((folder) => folder.path));
  return {
    group: wanted.group,
    ...(wanted.limits && { limits: wanted.limits }),
    folders: [
      ...wanted.folders,
      ...(recorded?.folders ?? []).filter((folder) => !paths.has(folder.path) && kept.size > 0),
    ],
    services: [...ordered, ...kept.values()],
  };
}

function groupOf(wanted: Pick<Wanted, 'groups'>, group: string): GroupSpec {
  const found = [wanted.groups.site, wanted.groups.edge].find((candidate) => candidate.group === group);
  if (!found) throw new Error(`there is no group ${group}`);
  return found;
}
