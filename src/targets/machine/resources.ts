import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { ReleaseRecord } from '../../sites/record.ts';
import type { Component, FileSpec, FolderSpec } from '../../components/component.ts';
import { isBelow } from '../../components/paths.ts';
import type { Place } from '../../components/place.ts';
import type { Layout } from '../../machine/layout.ts';
import type { Later as GenericLater } from '../../plan/plan.ts';
import type { Resource, ResourceKind } from './resource.ts';
import type { GroupSpec, ServiceSpec, SiteLimits } from '../../services/service.ts';
import {
  componentFolders,
  folderResource,
  runFolder,
  siteFolders,
  siteRunFolders,
  type WantedFolder,
} from './folders-wanted.ts';
import { type MadeFile, madeFiles, madeFolders } from './made-files.ts';
import { ownershipOf, runAs, withOwnership } from './ownership.ts';
import { projectPackages } from './debian-packages.ts';

/** What serves the whole host, and the site's part of it. */
export type EdgeParts = {
  /** Of its component. */
  readonly name: string;
  readonly title: string;
  readonly folders: readonly FolderSpec[];
  /** Host-wide files; known without any release. */
  readonly files: readonly FileSpec[];
  readonly services: readonly ServiceSpec[];
  /** The site's own files; undefined while there is no release to make them from. */
  readonly siteFiles: readonly FileSpec[] | undefined;
};

/** What {@link wantedResources} needs besides the blueprint. */
export type Extra = {
  readonly layout: Layout;
  /** All components that Roadie has. */
  readonly components: readonly Component[];
  readonly edge: EdgeParts;
  /** Of what the release is to be made from. */
  readonly releaseFingerprint: string;
  /** For people: which interpreter it is built with, and where that comes from. */
  readonly builtWith?: string;
  /** What is made from the project's examples. */
  readonly made?: readonly MadeFile[];
  /** Debian packages that are needed whatever the project is, with the reason. */
  readonly packages: readonly { readonly name: string; readonly because: string }[];
};

/** All that a site wants of this machine. */
export type Wanted = {
  /** In the order in which they are made. What stands behind the release depends on it. */
  readonly resources: readonly Resource[];
  /** What cannot be told before there is a release. */
  readonly later: readonly Later[];
  /** The services of the site and of the edge, whole, as the daemon gets them. */
  readonly groups: { readonly site: GroupSpec; readonly edge: GroupSpec };
};

type Later = GenericLater<ResourceKind>;

type Used = { readonly component: Component; readonly options: unknown; readonly because: string };

/**
 * A blueprint as resources of this machine. Services of a release and the site's edge files are in it only where `release` is
 * given; before, they are `later`.
 */
export function wantedResources(
  blueprint: Blueprint,
  place: Place,
  release: ReleaseRecord | undefined,
  extra: Extra,
): Wanted {
  const used = usedComponents(blueprint, extra.components);
  const folders = [
    ...siteFolders(place, extra.layout),
    ...siteRunFolders(place),
    ...used.flatMap(({ component, options }) => componentFolders(component, component.folders(options, place), place)),
    ...edgeFolders(place, extra),
    ...madeFolders(extra.made ?? [], place),
  ];
  const data = used.flatMap(({ component, options, because }) =>
    component.services(options, place).map((spec) => service(spec, because)),
  );
  const releaseServices =
    release === undefined
      ? []
      : used.flatMap(({ component, options, because }) =>
          component
            .releaseServices(options, place, release)
            .map((spec) => service({ ...spec, ...(blueprint.listen && { listen: blueprint.listen }) }, because)),
        );
  const edgeServices = extra.edge.services.map((spec) =>
    service(spec, `${extra.edge.title} answers for all sites of this host`),
  );
  const runFolders = uniqueFolders(folders).filter((folder) => isBelow(folder.path, place.folders.run));
  const edgeRunFolders = uniqueFolders(folders).filter((folder) => isBelow(folder.path, place.folders.edgeRun));
  const resources: readonly Resource[] = [
    ...packages(blueprint, used, extra),
    ...users(place, used),
    ...uniqueFolders(folders).map(folderResource),
    ...used.flatMap(({ component, options }) =>
      component.files(options, place).map((spec) => file(spec, component, place, false)),
    ),
    ...madeFiles(extra.made ?? [], place),
    certificate(place),
    ...commands(used, place, 'before'),
    ...data,
    ...commands(used, place, 'after'),
    // Right behind each other: a new port is the edge's by its files, and the supervisor's by the service.
    ...extra.edge.files.map((spec) => file(spec, edgeOwner(extra.edge), place, true)),
    ...edgeServices,
    {
      kind: 'release',
      id: `release:${blueprint.site}`,
      because: extra.builtWith ?? 'the code, its virtualenv and its static files',
      wanted: { site: blueprint.site, fingerprint: extra.releaseFingerprint },
    },
    ...releaseServices,
    ...(extra.edge.siteFiles ?? []).map((spec) => file(spec, edgeOwner(extra.edge), place, true)),
  ];
  const specs = (list: readonly Resource[]): readonly ServiceSpec[] =>
    list.flatMap((resource) => (resource.kind === 'service' ? [resource.wanted] : []));
  return {
    resources,
    later: release === undefined ? laterParts(place, used, extra.edge) : [],
    groups: {
      site: {
        ...groupSpec(blueprint.site, runFolders, specs([...data, ...releaseServices])),
        ...(place.bounds && { limits: limitsOf(place.bounds) }),
      },
      edge: groupSpec('edge', edgeRunFolders, specs(edgeServices)),
    },
  };
}

/** A group as its state file holds it: the folders of its sockets, then its services. */
function groupSpec(group: string, folders: readonly WantedFolder[], services: readonly ServiceSpec[]): GroupSpec {
  return { group, folders: folders.map(runFolder), services };
}

function limitsOf({ processes, memoryBytes, buildMemoryBytes }: SiteLimits): SiteLimits {
  return { processes, memoryBytes, buildMemoryBytes };
}

/** The edge's files are root's; its master runs as root and its workers as www-data. */
function edgeOwner({ name, title }: Pick<EdgeParts, 'name' | 'title'>) {
  return { name, title, runsAs: 'root' } as const;
}

function edgeFolders(place: Place, extra: Extra): readonly WantedFolder[] {
  return componentFolders(edgeOwner(extra.edge), extra.edge.folders, place);
}

function usedComponents(blueprint: Blueprint, all: readonly Component[]): readonly Used[] {
  return blueprint.components.map(({ name, options, because }) => {
    const component = all.find((candidate) => candidate.name === name);
    if (!component) throw new Error(`there is no component ${name}`);
    return { component, options, because: because.says };
  });
}

function packages(blueprint: Blueprint, used: readonly Used[], extra: Extra): readonly Resource[] {
  const needed = new Map<string, string>();
  const add = (name: string, because: string): void => {
    if (!needed.has(name)) needed.set(name, because);
  };
  for (const { name, because } of extra.packages) add(name, because);
  for (const { component, options, because } of used)
    for (const name of component.packages(options).debian) add(name, because);
  for (const { name, because } of projectPackages(blueprint)) add(name, because);
  return [...needed].map(([name, because]) => ({ kind: 'package', id: `package:${name}`, because, wanted: { name } }));
}

function users(place: Place, used: readonly Used[]): readonly Resource[] {
  const { site, build, component } = place.users;
  if (!site || !build) return [];
  const make = (name: string, home: string, because: string): Resource => ({
    kind: 'user',
    id: `user:${name}`,
    because,
    wanted: { name, home },
  });
  return [
    make(site.name, place.folders.site, 'each site runs as a user of its own, away from the others'),
    make(build.name, place.folders.build, 'releases are made as a user of their own, away from what is live'),
    ...used.flatMap(({ component: { name, title } }) => {
      const own = component[name];
      return own ? [make(own.name, place.folders.site, `${title} of this site runs as a user of its own`)] : [];
    }),
    ...groups(place),
  ];
}

function groups(place: Place): readonly Resource[] {
  const { www, edge } = place.users;
  if (!www || !edge) return [];
  return [
    {
      kind: 'group',
      id: `group:${www.name}`,
      because: "the edge reads the site's static files and uploads by it, and nothing else of the site",
      wanted: { name: www.name, members: [edge.name] },
    },
  ];
}

function uniqueFolders(folders: readonly WantedFolder[]): readonly WantedFolder[] {
  return [...new Map(folders.map((folder) => [folder.path, folder])).values()];
}

function file(
  spec: FileSpec,
  component: Pick<Component, 'name' | 'title' | 'runsAs'>,
  place: Place,
  edge: boolean,
): Resource {
  const secret = Object.values(place.secrets).some((value) => value !== '' && spec.content.includes(value));
  const ownership = ownershipOf(spec, component, place);
  return {
    kind: 'file',
    id: `file:${spec.path}`,
    because: `${component.title} is configured by it`,
    wanted: { path: spec.path, content: spec.content, mode: spec.mode, ...withOwnership(ownership), secret, edge },
  };
}

function certificate({ site, domains }: Place): Resource {
  return {
    kind: 'certificate',
    id: `certificate:${site}`,
    because: 'HTTPS needs a certificate for the domains',
    wanted: { site, domains },
  };
}

function commands(used: readonly Used[], place: Place, when: 'before' | 'after'): readonly Resource[] {
  return used.flatMap(({ component, options }) =>
    component
      .setup(options, place)
      .filter((command) => command.when === when)
      .map((command) => {
        const user = runAs(command.as, component, place);
        return {
          kind: 'command',
          id: `command:${component.name}/${command.title}`,
          because: command.because,
          wanted: { ...command, component: component.name, ...(user && { user }) },
        } as const;
      }),
  );
}

function service(spec: ServiceSpec, because: string): Resource {
  return { kind: 'service', id: `service:${spec.group}/${spec.name}`, because, wanted: spec };
}

function laterParts({ site, domains }: Place, used: readonly Used[], edge: EdgeParts): readonly Later[] {
  const running = used.filter(({ component }) =>
    component.roles.some((role) => role === 'web' || role === 'worker' || role === 'beat'),
  );
  return [
    ...running.map(({ component, because }): Later => ({
      kind: 'service',
      id: `service:${site}/${component.name}`,
      title: `services of ${component.title}`,
      because,
    })),
    {
      kind: 'file',
      id: `file:${edge.name}/${site}`,
      title: `${edge.title} site ${domains.join(', ')}`,
      because: `visitors reach the site through ${edge.title}`,
    },
  ];
}
