import type { Component, FolderSpec } from '../../components/component.ts';
import type { Place } from '../../components/place.ts';
import type { Layout } from '../../machine/layout.ts';
import type { Resource } from './resource.ts';
import type { Ownership } from '../../services/ownership.ts';
import type { RunFolder } from '../../services/service.ts';
import { ownershipOf, withOwnership } from './ownership.ts';

/** A folder with its numeric owner. */
export type WantedFolder = {
  readonly path: string;
  readonly mode: number;
  readonly ownership?: Ownership;
  readonly formerOwner?: string;
  readonly because: string;
};

/** For folders that belong to no component. */
const siteItself = { name: 'site', runsAs: 'site' } as const;

/**
 * The folders of a site that belong to no component. Root owns all that root writes in (a site must not be able to lay a link
 * there); folders on the way to what the edge or a database reads can be entered by all and listed by nobody.
 */
export function siteFolders(place: Place, layout: Layout): readonly WantedFolder[] {
  const make = (
    path: string,
    owner: 'root' | 'site',
    group: 'root' | 'site' | 'www',
    mode: number,
    because: string,
  ): WantedFolder => ({
    path,
    mode,
    because,
    ...withOwnership(ownershipOf({ owner, group }, siteItself, place)),
  });
  const { folders } = place;
  return [
    make(layout.base, 'root', 'root', 0o755, 'everything that Roadie keeps is in it'),
    make(layout.state, 'root', 'root', 0o700, 'what Roadie remembers, secrets too'),
    make(layout.sites, 'root', 'root', 0o711, 'all sites are in it'),
    make(folders.site, 'root', 'root', 0o711, 'everything of the site is in it'),
    make(folders.releases, 'root', 'root', 0o711, 'releases; the site itself cannot change them'),
    make(folders.config, 'root', 'site', 0o750, "the site's services read their configuration here"),
    make(folders.data, 'root', 'root', 0o711, 'what backups must hold'),
    // Set-group-id: what Django uploads there can be read by the edge as well, and by nobody else.
    make(folders.media, 'site', 'www', 0o2750, 'uploads: written by Django, served by the edge'),
    make(folders.files, 'site', 'site', 0o750, 'what the project writes in its code: each release has links to it'),
    make(folders.own, 'root', 'site', 0o750, 'your own files and those made from examples: each release gets a copy'),
    make(folders.logs, 'root', 'site', 0o750, "the services' logs"),
    make(folders.backups, 'root', 'root', 0o700, 'backups'),
    ...(place.bounds?.sandbox ? [make(place.bounds.sandbox.tmp, 'site', 'site', 0o700, "the site's own /tmp")] : []),
    make(folders.cache, 'site', 'site', 0o750, 'what can be lost: caches and temporary files'),
    {
      path: folders.build,
      mode: 0o700,
      ...withOwnership(place.users.build && { uid: place.users.build.uid, gid: place.users.build.gid }),
      because: 'the home of builds, with the caches of what they install: the site itself cannot change those',
    },
    make(folders.checkouts, 'root', 'root', 0o711, "mirrors of the site's repositories"),
  ];
}

/** The folders below /run that a site needs besides its components': gone after a reboot, made again by the daemon. */
export function siteRunFolders(place: Place): readonly WantedFolder[] {
  const root = withOwnership(ownershipOf({ owner: 'root', group: 'root' }, siteItself, place));
  const edge = withOwnership(ownershipOf({ owner: 'root', group: 'edge' }, siteItself, place));
  return [
    { path: place.folders.run, mode: 0o711, ...root, because: "the sockets of the site's services are in it" },
    {
      path: `${place.folders.run}/web`,
      mode: 0o710,
      ...edge,
      because: 'the edge reaches Django through the socket in it',
    },
  ];
}

/** The folders of a component, with numeric owners. */
export function componentFolders(
  component: Pick<Component, 'name' | 'runsAs' | 'title'>,
  specs: readonly FolderSpec[],
  place: Place,
): readonly WantedFolder[] {
  return specs.map((spec) => ({
    path: spec.path,
    mode: spec.mode,
    ...withOwnership(ownershipOf(spec, component, place)),
    ...(spec.formerOwner !== undefined && { formerOwner: spec.formerOwner }),
    because: `${component.title} needs it`,
  }));
}

/** A folder as a resource of a plan. */
export function folderResource({ because, ...wanted }: WantedFolder): Resource {
  return { kind: 'folder', id: `folder:${wanted.path}`, because, wanted };
}

/** A folder as the daemon makes it again after a reboot. */
export function runFolder(folder: WantedFolder): RunFolder {
  return { path: folder.path, mode: folder.mode, ...folder.ownership };
}
