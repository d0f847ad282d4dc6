import type { Component, FolderSpec, Owner } from '../../components/component.ts';
import type { Place } from '../../components/place.ts';
import type { Ownership } from '../../services/ownership.ts';
import type { RunAs } from '../../services/service.ts';
import { unknownId } from './place.ts';

type RunsAs = Pick<Component, 'name' | 'runsAs'>;

/** Who an owner is on this machine; undefined for the daemon itself, and for everybody without root. */
export function runAs(owner: Owner, { name, runsAs }: RunsAs, place: Place): RunAs | undefined {
  if (owner === 'root' || place.users.site === undefined) return undefined;
  if (owner === 'site' || runsAs === 'site') return place.users.site;
  if (runsAs === 'root') return undefined;
  return place.users.component[name] ?? { name, uid: unknownId, gid: place.users.site.gid };
}

/** The numeric owner and group of a component's folder or file; undefined without root. */
export function ownershipOf(
  spec: Pick<FolderSpec, 'owner' | 'group'>,
  component: RunsAs,
  place: Place,
): Ownership | undefined {
  if (place.users.site === undefined) return undefined;
  const group = groupOf(spec.group, component, place);
  return { uid: runAs(spec.owner, component, place)?.uid ?? 0, gid: group?.gid ?? 0 };
}

function groupOf(
  group: FolderSpec['group'],
  component: Parameters<typeof runAs>[1],
  place: Place,
): { readonly gid: number } | undefined {
  if (group === 'edge') return place.users.edge;
  return group === 'www' ? place.users.www : runAs(group, component, place);
}

/** `{ ownership }`, or nothing to spread without root. */
export function withOwnership(ownership: Ownership | undefined): { readonly ownership?: Ownership } {
  return ownership ? { ownership } : {};
}
