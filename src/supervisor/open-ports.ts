import { type Listener, withPort } from '../machine/network/listeners.ts';
import type { Problem } from '../problems/problem.ts';
import type { ServiceSpec } from '../services/service.ts';

/** A port of a site's that others than this machine can reach, and who listens on it. */
export type OpenPort = Listener & {
  readonly group: string;
  /** Absent where it is told by its user alone. */
  readonly service?: string;
  /** The main process of the service's that it belongs to; absent where it has left that one's session. */
  readonly root?: number;
  readonly pid: number;
  readonly program: string;
};

/** What people are told of one. */
type PortInWords = Pick<OpenPort, 'address' | 'port' | 'pid' | 'program'> & {
  readonly service?: string | null | undefined;
};

/** A service as far as its ports are concerned. */
export type PortOwner = {
  readonly group: string;
  readonly spec: Pick<ServiceSpec, 'name' | 'user' | 'sockets' | 'listen'>;
  /** The main processes that run it. */
  readonly roots: readonly number[];
};

/** What a machine shows of processes, as far as it takes to tell whose they are. */
export type ProcessView = {
  /** The processes of a main process: itself, what it has started, and its session. */
  readonly tree: (root: number) => readonly number[];
  /** Group and service that a process bears the mark of: it was started by one of theirs, however it went from there. */
  readonly mark: (pid: number) => { readonly group: string; readonly service: string } | undefined;
};

/** Users whose every process is a site's own: `roadie-NAME`, and those of its parts. A package's user has others' as well. */
function isSitesOwn(user: ServiceSpec['user']): boolean {
  return user !== undefined && user.name.startsWith('roadie-');
}

/** What is looked at: a service that is handed a port by the supervisor is the edge, which serves everybody. */
export function isWatched({ spec }: PortOwner): boolean {
  return spec.sockets.every(({ kind }) => kind === 'unix');
}

/**
 * Whose the listening sockets are. A socket counts for a service whose process tree holds it, else for the one whose mark its
 * process bears, else for the group whose own user it runs as. All others are somebody else's: without root, the owner's other programs.
 */
export function attribute(
  listeners: readonly (Listener & { readonly pid: number; readonly program: string })[],
  owners: readonly PortOwner[],
  view: ProcessView,
): readonly OpenPort[] {
  if (listeners.length === 0) return [];
  const watched = owners.filter(isWatched);
  const byPid = new Map<number, { readonly group: string; readonly service: string; readonly root: number }>();
  for (const { group, spec, roots } of watched)
    for (const root of roots) for (const pid of view.tree(root)) byPid.set(pid, { group, service: spec.name, root });
  const groups = new Set(watched.map(({ group }) => group));
  return listeners.flatMap((listener): readonly OpenPort[] => {
    const below = byPid.get(listener.pid) ?? view.mark(listener.pid);
    if (below && groups.has(below.group)) return [{ ...listener, ...below }];
    const owner = watched.find(({ spec: { user } }) => isSitesOwn(user) && user?.uid === listener.uid);
    return owner ? [{ ...listener, group: owner.group }] : [];
  });
}

/**
 * Whether a port may be open: by what its own process was started from, else by its service's spec, else by one of the group's where
 * it cannot be told whose it is.
 */
export function isAllowed({ group, service, root, port }: OpenPort, owners: readonly PortOwner[]): boolean {
  return owners.some(
    (owner) =>
      owner.group === group &&
      (root === undefined ? (service ?? owner.spec.name) === owner.spec.name : owner.roots.includes(root)) &&
      owner.spec.listen?.includes(port) === true,
  );
}

/**
 * What a process that is about to become a service may not have opened: ports of its own tree, and those that nobody's tree holds and
 * that were not there before it. What the process beside it holds is that one's.
 */
export function openedBy(
  { root, service }: { readonly root: number; readonly service: string },
  found: readonly OpenPort[],
  before: ReadonlySet<string>,
): readonly OpenPort[] {
  const isNew = (one: OpenPort): boolean => (one.service ?? service) === service && !before.has(one.inode);
  return found.filter((one) => (one.root === undefined ? isNew(one) : one.root === root));
}

/** One socket in words: `0.0.0.0:8000: python (pid 123, web)`. */
export function portText({ service, pid, program, ...socket }: PortInWords): string {
  const who = [`pid ${pid}`, ...(typeof service === 'string' ? [service] : [])].join(', ');
  return `${withPort(socket)}: ${program} (${who})`;
}

/** Each address once, however many processes share it. */
export function distinct(ports: readonly OpenPort[]): readonly OpenPort[] {
  return [...new Map(ports.toReversed().map((one) => [`${one.group} ${withPort(one)}`, one])).values()].toReversed();
}

/** What to do about ports that are open. */
export function portCure(ports: readonly Pick<OpenPort, 'port'>[]): readonly [string, ...string[]] {
  const numbers = [...new Set(ports.map(({ port }) => port))].filter((port) => port >= 1024);
  const allow = [
    'Where it is meant for everybody, write in roadie.toml, under [network]:',
    `listen = [${numbers.join(', ')}]`,
  ];
  return ['Have it listen on 127.0.0.1, on a unix socket, or not at all.', ...(numbers.length > 0 ? allow : [])];
}

/** Why a release is refused; undefined where it has opened nothing. */
export function openPortProblem(ports: readonly OpenPort[]): Problem | undefined {
  const [first, ...rest] = distinct(ports);
  if (!first) return undefined;
  return {
    code: 'listens-publicly',
    summary: `The release listens for everybody on ${portText(first)}`,
    detail: [
      ...rest.map((one) => `and on ${portText(one)}`),
      'Visitors reach a site through the edge only. Whatever else listens can be reached past its HTTPS and its limits.',
    ].join('\n'),
    cure: portCure([first, ...rest]),
  };
}
