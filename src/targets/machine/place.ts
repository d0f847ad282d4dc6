import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';

import { edgeUser } from '../../components/nginx/edge-place.ts';
import type { Place } from '../../components/place.ts';
import type { Layout } from '../../machine/layout.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { RunAs } from '../../supervisor/service.ts';

/** Stands for the id of a user that does not exist yet: only plans have it, never what is applied. */
export const unknownId = -1;

/** The longest path that a unix socket can be bound to, in bytes: sockaddr_un has 108 with its final NUL. */
const longestSocketPath = 107;

/** Room below the run folder for the longest socket in it, in bytes: `/postgresql/.s.PGSQL.5432`, and `/web/web.sock` with a release's suffix. */
const socketRoom = 26;

export type PlaceInput = {
  readonly layout: Pick<Layout, 'sites' | 'edge' | 'run'>;
  readonly site: string;
  readonly domains: Place['domains'];
  readonly ports: Place['ports'];
  readonly machine: Place['machine'];
  readonly users: Place['users'];
  readonly secrets: Place['secrets'];
};

/**
 * Where a site lies on this machine. Throws the problem `bad-name` where its sockets' paths would be longer than the kernel takes.
 */
export function makePlace(input: PlaceInput): Place {
  const { layout, site } = input;
  const folder = join(layout.sites, site);
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
      releases: join(folder, 'releases'),
      config: join(folder, 'config'),
      data,
      media: join(data, 'media'),
      logs: join(folder, 'logs'),
      backups: join(folder, 'backups'),
      cache: join(folder, 'cache'),
      run,
      edge: layout.edge,
      edgeRun: join(layout.run, 'edge'),
    },
    webSocket: join(run, 'web', 'web.sock'),
    users: input.users,
    machine: input.machine,
    secrets: input.secrets,
  };
}

/** The system user of a site: `roadie-NAME`, cut and made unique with a hash where that has more than the 32 characters that useradd takes. */
export function siteUser(site: string): string {
  const whole = `roadie-${site}`;
  if (whole.length <= 32) return whole;
  return `${whole.slice(0, 23)}-${createHash('sha256').update(site).digest('hex').slice(0, 8)}`;
}

/**
 * The group of what NGINX may read of a site, after the site's user. No site name has an underscore, so it is never another
 * site's user or group.
 */
export function siteGroup(user: string): string {
  const whole = `${user}_www`;
  if (whole.length <= 32) return whole;
  return `${user.slice(0, 19)}-${createHash('sha256').update(user).digest('hex').slice(0, 8)}_www`;
}

export { edgeUser };

/**
 * Who is who. With root: the site's user, NGINX's, and each component's with the site's group, so that its sockets are the
 * site's. Users that do not exist yet have {@link unknownId}. Without root everybody is the current user.
 */
export function placeUsers(input: {
  readonly site: string;
  readonly isRoot: boolean;
  readonly current: string;
  readonly known: ReadonlyMap<string, RunAs>;
  /** Ids of groups by name. */
  readonly groups: ReadonlyMap<string, number>;
  readonly components: readonly string[];
}): Place['users'] {
  if (!input.isRoot) return { daemon: input.current, component: {} };
  const find = (name: string): RunAs => {
    const found = input.known.get(name);
    return { name, uid: found?.uid ?? unknownId, gid: found?.gid ?? unknownId };
  };
  const site = find(siteUser(input.site));
  const name = siteGroup(site.name);
  const www = { name, gid: input.groups.get(name) ?? unknownId };
  return {
    daemon: 'root',
    // Django reads its own static files, and gives uploads to that group.
    site: { ...site, groups: [www.gid] },
    edge: find(edgeUser),
    www,
    component: Object.fromEntries(input.components.map((name) => [name, { ...find(name), gid: site.gid }])),
  };
}
