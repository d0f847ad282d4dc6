import { join } from 'node:path/posix';

import { edgeUser } from '../../components/edge/place.ts';
import type { Bounds } from '../../components/bounds.ts';
import type { Place } from '../../components/place.ts';
import { type Layout, siteLayout, standardBase } from '../../machine/layout.ts';
import { systemUserName } from '../../machine/users/user-names.ts';
import type { User } from '../../machine/users/users.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { RunAs } from '../../services/service.ts';

/** Stands for the id of a user that does not exist yet: only plans have it, never what is applied. */
export const unknownId = -1;

/** The longest path that a unix socket can be bound to, in bytes: sockaddr_un has 108 with its final NUL. */
const longestSocketPath = 107;

/** Room below the run folder for the longest socket in it, in bytes: `/postgresql/.s.PGSQL.5432`, and `/web/web.sock` with a release's suffix. */
const socketRoom = 26;

/** What {@link makePlace} needs to know; `machine` and `users` are found by `survey`. */
export type PlaceInput = {
  readonly layout: Pick<Layout, 'base' | 'sites' | 'edge' | 'run' | 'tools'>;
  readonly site: string;
  readonly domains: Place['domains'];
  readonly ports: Place['ports'];
  readonly machine: Place['machine'];
  readonly users: Place['users'];
  readonly secrets: Place['secrets'];
  readonly bounds?: Bounds;
};

/**
 * Where a site lies on this machine. Throws the problem `bad-name` where its sockets' paths would be longer than the kernel takes.
 */
export function makePlace(input: PlaceInput): Place {
  const { layout, site } = input;
  const { folder, releases, checkouts, logs, cache, own } = siteLayout(layout.sites, site);
  const data = join(folder, 'data');
  const run = join(layout.run, site);
  const length = Buffer.byteLength(run) + socketRoom;
  if (length > longestSocketPath) {
    throw new ProblemError({
      code: 'bad-name',
      summary: `The sockets of ${site} would have paths of ${length} bytes below ${run}, and the kernel takes ${longestSocketPath}`,
      cure: ['Choose a shorter name.', `Or set a shorter run folder than ${layout.run}.`],
    });
  }
  return {
    site,
    domains: input.domains,
    ports: input.ports,
    folders: {
      site: folder,
      releases,
      config: join(folder, 'config'),
      data,
      media: join(data, 'media'),
      files: join(data, 'files'),
      own,
      logs,
      backups: join(folder, 'backups'),
      cache,
      build: join(folder, 'build'),
      checkouts,
      run,
      edge: layout.edge,
      edgeRun: join(layout.run, 'edge'),
    },
    webSocket: join(run, 'web', 'web.sock'),
    users: input.users,
    machine: input.machine,
    secrets: input.secrets,
    ...(input.bounds && { bounds: placeBounds(input.bounds, input) }),
  };
}

/** Folders with what is other people's, on every machine. */
const privateFolders = ['/home', '/root', '/run/user', '/var/lib/roadie', '/run/roadie'];

/** The sandbox where it stands: nothing of Roadie's is seen but its tools, which all may read, and the site's own folders. */
function placeBounds({ sandbox, ...limits }: Bounds, { layout, site }: PlaceInput): NonNullable<Place['bounds']> {
  if (!sandbox) return limits;
  const folder = join(layout.sites, site);
  return {
    ...limits,
    sandbox: {
      hidden: [...new Set([...privateFolders, layout.base, layout.run])],
      readable: [folder, join(layout.run, site), layout.tools, ...sandbox.readable],
      writable: sandbox.writable,
      tmp: join(folder, 'tmp'),
    },
  };
}

export { edgeUser };

/** All names that a site's users may have, to be looked up. */
export function userNames(base: string, site: string, components: readonly string[]): readonly string[] {
  const roles = [undefined, 'build', ...components].map((role) => systemUserName(base, site, role));
  return [...roles, systemUserName(standardBase, site)];
}

/** The group of what the edge may read of a site. */
export function siteGroup(base: string, site: string): string {
  return systemUserName(base, site, 'www');
}

/**
 * Who is who. With root: the site's user, the one of its builds, the edge's, and each component's with the site's group, so that its
 * sockets are the site's. Users that do not exist yet have {@link unknownId}. Without root everybody is the current user.
 */
export function placeUsers(input: {
  readonly base: string;
  readonly site: string;
  /** The site's folder: the home of its users, by which they are told from another Roadie's. */
  readonly home: string;
  readonly isRoot: boolean;
  readonly current: string;
  readonly known: ReadonlyMap<string, RunAs & Partial<Pick<User, 'home'>>>;
  /** Ids of groups by name. */
  readonly groups: ReadonlyMap<string, number>;
  /** Names of components that have a user of their own. */
  readonly components: readonly string[];
}): Place['users'] {
  if (!input.isRoot) return { daemon: input.current, component: {} };
  const { base, known } = input;
  const find = (name: string): RunAs => {
    const found = known.get(name);
    return { name, uid: found?.uid ?? unknownId, gid: found?.gid ?? unknownId };
  };
  const role = (name: string): RunAs => find(systemUserName(base, input.site, name));
  // Before other folders had other names all had this one: a site keeps its user.
  const former = systemUserName(standardBase, input.site);
  const site = find(known.get(former)?.home === input.home ? former : systemUserName(base, input.site));
  const name = siteGroup(base, input.site);
  const www = { name, gid: input.groups.get(name) ?? unknownId };
  return {
    daemon: 'root',
    // Django reads its own static files, and gives uploads to that group.
    site: { ...site, groups: [www.gid] },
    build: { ...role('build'), groups: [site.gid, www.gid] },
    edge: find(edgeUser),
    www,
    component: Object.fromEntries(input.components.map((name) => [name, { ...role(name), gid: site.gid }])),
  };
}
