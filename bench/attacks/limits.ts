import { readFileSync } from 'node:fs';

/** What the kernel holds the processes of a service to; undefined where it holds them to nothing. */
export type Limits = {
  readonly processes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly openFiles: number;
};

/** Reads the limits of a process from its control groups, of version 1 or 2, from its own up to the root, and from its rlimits. */
export function limitsOf(pid: number): Limits {
  const groups = groupsOf(pid);
  const lowest = (controller: string, files: readonly string[]): number | undefined => {
    const found = groups.flatMap(({ controllers, folders }) =>
      controllers.includes(controller) || controllers.length === 0
        ? folders.flatMap((folder) => files.flatMap((file) => numberIn(`${folder}/${file}`)))
        : [],
    );
    return found.length === 0 ? undefined : Math.min(...found);
  };
  const rlimits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  const soft = (name: string): number =>
    Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(rlimits)?.[1] ?? Number.POSITIVE_INFINITY);
  return {
    processes: lowest('pids', ['pids.max']),
    memoryBytes: lowest('memory', ['memory.max', 'memory.limit_in_bytes']),
    openFiles: soft('Max open files'),
  };
}

/** Absolute paths of the control groups that a process is in, each with those above it but for the root. */
function groupsOf(
  pid: number,
): readonly { readonly controllers: readonly string[]; readonly folders: readonly string[] }[] {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [id, names = '', path = ''] = line.split(':');
      if (id === undefined || path === '' || path === '/') return [];
      const controllers = names.split(',').filter((name) => name !== '' && !name.startsWith('name='));
      const mounts =
        id === '0' ? ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'] : controllers.map((name) => `/sys/fs/cgroup/${name}`);
      const parts = path.split('/').filter((part) => part !== '');
      const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
      return [{ controllers, folders: mounts.flatMap((mount) => paths.map((each) => `${mount}/${each}`)) }];
    });
}

function numberIn(file: string): readonly number[] {
  try {
    const text = readFileSync(file, 'utf8').trim();
    const value = Number(text);
    // Version 1 says 'no limit' by a number next to 2^63.
    return text !== 'max' && Number.isFinite(value) && value < 2 ** 60 ? [value] : [];
  } catch {
    return [];
  }
}
