import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { ReleaseRecord } from '../../blueprint/site.ts';
import type { Component } from '../../components/component.ts';
import type { EdgeSite } from '../../components/nginx/edge-place.ts';
import type { Place } from '../../components/place.ts';
import type { Layout } from '../../machine/layout.ts';
import { findPrograms } from '../../machine/programs.ts';
import { readSystem, type System } from '../../machine/system.ts';
import { lookupGroups } from '../../machine/groups.ts';
import { currentUser, lookupUsers } from '../../machine/users.ts';
import { edgeParts, hostPackages } from './edge-parts.ts';
import { edgeUser, makePlace, placeUsers, siteGroup, siteUser } from './place.ts';
import { wantedResources, type Wanted } from './resources.ts';

export type SurveyInput = {
  readonly layout: Layout;
  readonly site: string;
  readonly domains: Place['domains'];
  readonly ports: Place['ports'];
  readonly secrets: Place['secrets'];
  /** All components that Roadie has: their system users are looked up. */
  readonly components: readonly Component[];
};

/** Finds out what a place depends on: the machine, its users and programs. Takes some milliseconds, so it is done anew whenever that may have changed. */
export async function survey(input: SurveyInput): Promise<{ readonly place: Place; readonly system: System }> {
  const componentUsers = [
    ...new Set(input.components.flatMap(({ runsAs }) => (typeof runsAs === 'string' ? [] : [runsAs.user]))),
  ];
  const [system, programs, known, groups] = await Promise.all([
    readSystem(),
    findPrograms(),
    lookupUsers([siteUser(input.site), edgeUser, ...componentUsers]),
    lookupGroups([siteGroup(siteUser(input.site))]),
  ]);
  const users = placeUsers({
    site: input.site,
    isRoot: system.isRoot,
    current: currentUser().name,
    known,
    groups: new Map([...groups].map(([name, { gid }]) => [name, gid])),
    components: componentUsers,
  });
  const machine = { cores: system.cores, memoryBytes: system.memoryBytes, ...programs };
  return {
    place: makePlace({
      layout: input.layout,
      site: input.site,
      domains: input.domains,
      ports: input.ports,
      machine,
      users,
      secrets: input.secrets,
    }),
    system,
  };
}

export type MachineInput = {
  readonly blueprint: Blueprint;
  readonly layout: Layout;
  readonly components: readonly Component[];
  readonly secrets: Place['secrets'];
  /** The other sites of this host. */
  readonly others: readonly EdgeSite[];
  /** Of what the release is to be made from, where it can depend on the place. */
  readonly releaseFingerprint: (place: Place) => string;
  /** For people: which interpreter the release is built with, and where that comes from. */
  readonly builtWith?: string;
};

/** What a site wants of this machine as it is now: what {@link import('./door.ts').Door.wanted} is made from. */
export async function wantedHere(
  input: MachineInput,
  release: ReleaseRecord | undefined,
): Promise<Wanted & { readonly place: Place; readonly system: System }> {
  const { blueprint, layout, components } = input;
  const { place, system } = await survey({
    layout,
    site: blueprint.site,
    domains: blueprint.domains,
    ports: blueprint.ports,
    secrets: input.secrets,
    components,
  });
  const edge = edgeParts(place, release, {
    others: input.others,
    ipv6: system.ipv6,
    uploadLimitMb: blueprint.uploadLimitMb,
  });
  const wanted = wantedResources(blueprint, place, release, {
    layout,
    components,
    edge,
    releaseFingerprint: input.releaseFingerprint(place),
    packages: hostPackages,
    ...(input.builtWith !== undefined && { builtWith: input.builtWith }),
  });
  return { ...wanted, place, system };
}
