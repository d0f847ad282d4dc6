import type { ViewSpec } from '../../services/service.ts';
import type { Mount } from './mountinfo.ts';

/** Where a view is put together. */
export type ViewPlace = {
  /** An empty folder that becomes its root. */
  readonly root: string;
  /** The folder that becomes its /dev: with an empty file for each of {@link devices}, and links. */
  readonly devices: string;
};

/** What a view has mounted, as lines of fstab(5), in their order. */
export type ViewTable = {
  /** The system and the machine's other disks, where it has some: one that cannot be had is not there. Mounted first. */
  readonly disks: string;
  /** Everything else; all of it must be mounted. */
  readonly own: string;
};

/** Devices that hold nothing and lead nowhere. */
export const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

/** File systems that the kernel makes up, and such as mount others when they are looked at. */
const notDisks =
  /^(?:proc|sysfs|devtmpfs|devpts|cgroup2?|securityfs|debugfs|tracefs|configfs|fusectl|bpf|pstore|mqueue|hugetlbfs|efivarfs|binfmt_misc|rpc_pipefs|nfsd|nsfs|autofs|selinuxfs|ramfs|fuse\.(?:lxcfs|gvfsd-fuse|portal))$/;

/** Folders that a view has of its own, with all below. */
const remade = ['/dev', '/proc', '/sys', '/tmp', '/var/tmp', '/boot'];

/** `from`: the folder that is seen at a path, where that is another. */
type Seen = { readonly path: string; readonly writable: boolean; readonly from?: string };

type Line = { readonly from: string; readonly at: string; readonly type: string; readonly options: string };

/**
 * The mounts of a view of this machine. Paths must be free of symbolic links: those of the new root would lead out of it. What is
 * mounted below a folder that is seen is seen as well, and may be written in where that folder may.
 */
export function viewTable(view: ViewSpec, mounts: readonly Mount[], place: ViewPlace): ViewTable {
  const at = (path: string): string => (path === '/' ? place.root : `${place.root}${path}`);
  const hidden = outermost(view.hidden);
  const seen = [
    ...view.readable.map((path) => ({ path, writable: false })),
    ...view.writable.map((path) => ({ path, writable: true })),
  ];
  const instead = view.instead ?? [];
  const all: readonly Seen[] = [
    ...[...seen, ...seen.flatMap((each) => mountedBelow(each, seen, mounts))].filter(
      ({ path }) =>
        !isBelowAny(
          path,
          instead.map((each) => each.path),
        ),
    ),
    ...instead.map((each) => ({ ...each, writable: true })),
  ];
  const needsTmp = [...hidden, ...all.map(({ path }) => path)];
  const system = mounts
    .filter(({ path, type }) => path !== '/' && !notDisks.test(type) && !isBelowAny(path, [...remade, ...hidden]))
    .map(({ path, options }) => bind(path, at(path), `ro,nosuid,nodev${options.includes('noexec') ? ',noexec' : ''}`));
  const root = bind('/', at('/'), 'ro,nosuid,nodev');
  // Most machines have no others, and one call of mount(8) less is a tenth of what a start takes.
  const disks = system.every(({ from }) => from === '/run') ? [] : [root, ...system];
  const own: readonly Line[] = [
    ...(disks.length === 0 ? [root, ...system] : []),
    ...['/tmp', '/var/tmp'].map((path) =>
      // No folder may be made for a mount where the site could put a link in its place.
      needsTmp.some((each) => isBelow(each, path))
        ? memory(at(path), 'mode=1777,size=25%')
        : view.tmp === undefined
          ? memory(at(path), 'mode=1777,size=64m')
          : bind(view.tmp, at(path), 'nosuid,nodev'),
    ),
    ...hidden
      .filter((path) => !isBelowAny(path, ['/tmp', '/var/tmp']))
      .map((path) => memory(at(path), 'mode=711,size=256k,noexec')),
    ...all
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map(({ path, writable, from = path }) =>
        bind(from, at(path), `${writable ? '' : 'ro,'}nosuid,nodev,X-mount.mkdir=0711`),
      ),
    bind('/sys', at('/sys'), 'ro,nosuid,nodev,noexec'),
    { from: 'proc', at: at('/proc'), type: 'proc', options: 'nosuid,nodev,noexec,hidepid=2' },
    bind(place.devices, at('/dev'), 'ro,nosuid,noexec'),
    ...devices.map((name) => bind(`/dev/${name}`, at(`/dev/${name}`), 'nosuid,noexec')),
    { from: 'devpts', at: at('/dev/pts'), type: 'devpts', options: 'nosuid,noexec,mode=620,gid=5,ptmxmode=666' },
    memory(at('/dev/shm'), 'mode=1777,size=25%'),
  ];
  return { disks: disks.map(text).join('\n'), own: own.map(text).join('\n') };
}

/** Whether a path is a folder or lies below it. */
function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function isBelowAny(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => isBelow(path, folder));
}

/** Without those that lie below another. */
function outermost(paths: readonly string[]): readonly string[] {
  return [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isBelow(path, other)));
}

/** Volumes that somebody has mounted inside a folder that is seen, unless the list has them. */
function mountedBelow(
  { path, writable }: { readonly path: string; readonly writable: boolean },
  seen: readonly { readonly path: string }[],
  mounts: readonly Mount[],
): readonly { readonly path: string; readonly writable: boolean }[] {
  return mounts
    .filter((mount) => mount.path !== path && isBelow(mount.path, path) && !notDisks.test(mount.type))
    .filter((mount) => nearest(mount.path, seen) === path)
    .map((mount) => ({ path: mount.path, writable: writable && !mount.options.includes('ro') }));
}

/** The innermost of the folders that a path lies in. */
function nearest(path: string, folders: readonly { readonly path: string }[]): string | undefined {
  return folders
    .map((folder) => folder.path)
    .filter((folder) => isBelow(path, folder))
    .toSorted((one, other) => other.length - one.length)[0];
}

function bind(from: string, at: string, options: string): Line {
  return { from, at, type: 'none', options: `bind,${options}` };
}

function memory(at: string, options: string): Line {
  return { from: 'tmpfs', at, type: 'tmpfs', options: `nosuid,nodev,${options}` };
}

function text({ from, at, type, options }: Line): string {
  return `${encode(from)} ${encode(at)} ${type} ${options} 0 0`;
}

/** Whatever could mean something to fstab(5) or a shell stands there as octal numbers. */
function encode(path: string): string {
  return [...Buffer.from(path)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w./+:@,=-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
    })
    .join('');
}
