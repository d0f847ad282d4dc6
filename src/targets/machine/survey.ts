import { join } from 'node:path/posix';

import type { Blueprint } from '../../blueprint/blueprint.ts';
import { edgeWishes } from '../../blueprint/edge-wishes.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import type { Component } from '../../components/component.ts';
import { type BoundsWishes, siteBounds } from '../../components/bounds.ts';
import { allComponents } from '../../components/index.ts';
import { currentStatic } from '../../components/edge/site-input.ts';
import type { Place } from '../../components/place.ts';
import type { Layout } from '../../machine/layout.ts';
import { findPrograms } from '../../machine/packages/programs.ts';
import { lookupGroups } from '../../machine/users/groups.ts';
import { isRoot, readSystem, type System } from '../../machine/system.ts';
import { currentUser, lookupUsers, type User } from '../../machine/users/users.ts';
import { edgeOfBlueprint, edgeParts, hostPackages, type ServedSite } from './edge-parts.ts';
import { edgeUser, makePlace, placeUsers, siteGroup, userNames } from './place.ts';
import type { MadeFile } from './made-files.ts';
import { wantedResources, type Wanted } from './resources.ts';

/** What of a site has a say in where it lies. */
export type SurveyInput = {
  readonly layout: Layout;
  readonly site: string;
  readonly domains: Place['domains'];
  readonly ports: Place['ports'];
  readonly secrets: Place['secrets'];
  /** What the owner says about limits and the sandbox. */
  readonly wishes?: BoundsWishes;
  /** All components that Roadie has: their system users are looked up. */
  readonly components: readonly Component[];
};

/** Finds out what a place depends on: the machine, its users and programs. Takes some milliseconds, so it is done anew whenever that may have changed. */
export async function survey(input: SurveyInput): Promise<{ readonly place: Place; readonly system: System }> {
  const own = input.components.flatMap(({ name, runsAs }) => (runsAs === 'own' ? [name] : []));
  const [system, programs, known, groups] = await Promise.all([
    readSystem(),
    findPrograms(input.components),
    lookupUsers([edgeUser, ...userNames(input.layout.base, input.site, own)]),
    lookupGroups([siteGroup(input.layout.base, input.site)]),
  ]);
  const users = placeUsers({
    base: input.layout.base,
    site: input.site,
    home: join(input.layout.sites, input.site),
    isRoot: system.isRoot,
    current: currentUser().name,
    known,
    groups: new Map([...groups].map(([name, { gid }]) => [name, gid])),
    components: own,
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
      // Without root there are no users to hold anything to.
      ...(system.isRoot && { bounds: siteBounds(machine, input.wishes) }),
    }),
    system,
  };
}

/** The users of a site that exist, and are this Roadie's; none without root. */
export async function siteUsers(layout: Layout, site: string): Promise<readonly User[]> {
  if (!isRoot()) return [];
  const own = allComponents.flatMap(({ name, runsAs }) => (runsAs === 'own' ? [name] : []));
  const known = await lookupUsers([...new Set(userNames(layout.base, site, own))]);
  const home = join(layout.sites, site);
  return [...known.values()].filter((user) => user.home === home || user.home === join(home, 'build'));
}

/** What of a site has a say in what it wants of this machine. */
export type MachineInput = Omit<SurveyInput, 'site' | 'wishes'> & {
  readonly blueprint: Blueprint;
  /** The other sites of this host, as they are now. */
  readonly others: () => Promise<readonly SiteRecord[]>;
  /** The name of the edge that serves this host now; undefined where none does. */
  readonly runningEdge: () => Promise<string | undefined>;
  /** Of what the release is to be made from, where it can depend on the place. */
  readonly releaseFingerprint: (place: Place) => string;
  /** For people: which interpreter the release is built with, and where that comes from. */
  readonly builtWith?: string;
  /** What is made from the project's examples. */
  readonly made?: readonly MadeFile[];
};

/** The place of a site on this machine as it is now. */
export function surveySite({
  blueprint,
  ...rest
}: Omit<SurveyInput, 'site' | 'wishes'> & Pick<MachineInput, 'blueprint'>): ReturnType<typeof survey> {
  return survey({ ...rest, site: blueprint.site, ...(blueprint.bounds && { wishes: blueprint.bounds }) });
}

/** What a site wants of this machine as it is now: what {@link import('./host.ts').Host.wanted} is made from. */
export async function wantedHere(
  input: MachineInput,
  built: ReleaseRecord | undefined,
): Promise<Wanted & { readonly place: Place; readonly system: System }> {
  const { blueprint, layout, components } = input;
  const { place, system } = await surveySite(input);
  const release = built && throughCurrent(built, place);
  const others = await input.others();
  const edge = edgeParts(edgeOfBlueprint(blueprint, components), place, release, {
    others: others.map(({ name, ports }) => ({ name, ports })),
    served: others.flatMap((other) => servedSite(other, layout, place)),
    running: await input.runningEdge(),
    ipv6: system.ipv6,
    wishes: edgeWishes(blueprint),
  });
  const wanted = wantedResources(blueprint, place, release, {
    layout,
    components,
    edge,
    releaseFingerprint: input.releaseFingerprint(place),
    packages: hostPackages,
    ...(input.builtWith !== undefined && { builtWith: input.builtWith }),
    ...(input.made && { made: input.made }),
  });
  return { ...wanted, place, system };
}

/** Another site as the edge serves it; nothing where it has no release. Of its users and bounds the edge's file has nothing. */
function servedSite(record: SiteRecord, layout: Layout, { machine, users }: Place): readonly ServedSite[] {
  const { name, domains, ports, release, blueprint } = record;
  if (!release || !blueprint) return [];
  const place = makePlace({ layout, site: name, domains, ports, machine, users, secrets: {} });
  return [{ place, release: throughCurrent(release, place), wishes: edgeWishes(blueprint) }];
}

/** The edge serves the static files that lie in the release, through the link `current`. */
function throughCurrent(release: ReleaseRecord, place: Place): ReleaseRecord {
  const inRelease = release.static?.folder === join(release.folder, 'static') ? release.static : null;
  return { ...release, static: inRelease && { ...inRelease, folder: currentStatic(place) } };
}
