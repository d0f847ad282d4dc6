import { join } from 'node:path';

import { siteLayout } from '../../machine/layout.ts';
import { pointLink } from '../../machine/files/links.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { liveService } from '../../sites/live-service.ts';
import type { ServiceGroups } from './host.ts';
import type { SiteHere } from './open-host.ts';
import type { Operation } from './operation.ts';

/** A site's group without what a release that never served has left in it: the next one may need other services. */
function served({ group, release }: SiteRecord): GroupSpec | undefined {
  if (!group || release) return group;
  return { ...group, services: group.services.filter((service) => service.release === undefined) };
}

/**
 * The groups of services that a site has to do with, its own and the edge: state files that the daemon keeps true. A group whose
 * services did not become ready is put back as it was, and what served before serves on.
 */
export function serviceGroups(
  { blueprint, record, keepSeconds }: Pick<SiteHere, 'blueprint' | 'record' | 'keepSeconds'>,
  { layout, records, daemon }: Pick<Operation, 'layout' | 'records' | 'daemon'>,
): ServiceGroups {
  const { site } = blueprint;
  const recorded = (group: string): Promise<GroupSpec | undefined> =>
    group === 'edge' ? records.readEdge() : Promise.resolve(served(record.current));
  const write = (spec: GroupSpec): Promise<void> =>
    spec.group === 'edge' ? records.writeEdge(spec) : record.save({ ...record.current, group: spec });
  const pointTo = (release: string): Promise<void> =>
    pointLink(siteLayout(layout.sites, site).current, join('releases', release));

  return {
    recorded,
    async reconcile(group) {
      const before = await recorded(group.group);
      const runs = liveService(group)?.release;
      const { built } = record.current;
      const comes = group.group === site && built?.id === runs ? built : undefined;
      // Its static files come first: they hold those of the release before as well, and its pages ask for its own.
      if (comes) await pointTo(comes.id);
      await write(group);
      try {
        // The release that is left stays warm for as long as the new one is watched.
        await daemon.reconcile(group.group, { keepSeconds: comes ? keepSeconds : 0 });
      } catch (error) {
        const { release } = record.current;
        if (before && release) {
          await write(before);
          if (comes) await pointTo(release.id);
          await daemon.reconcile(group.group).catch(() => undefined);
        }
        throw error;
      }
    },
  };
}
