import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { RunAs, ViewSpec } from '../../services/service.ts';
import { asUser, type Spawned } from '../processes/as-user.ts';
import { type Caps, ControlGroups } from './cgroups.ts';
import { readMounts } from './mountinfo.ts';
import { bareEnvironment, tie } from '../processes/tie.ts';
import { devices, type ViewPlace, viewTable } from './view.ts';

/** How a command is confined. */
export type Confinement = {
  readonly user: RunAs;
  /** The folder to start in. */
  readonly directory: string;
  readonly view?: ViewSpec | undefined;
  /** The files to join control groups by. */
  readonly joins?: readonly string[];
  /** How readily the kernel ends it where memory runs out: -1000 to 1000, 0 for no preference. */
  readonly oomScore?: number;
  /** All that it starts ends with it: it has a pid namespace of its own. */
  readonly transient?: boolean;
  /** It ends with this process. */
  readonly tied?: boolean;
};

/** What is to be spawned, in which folder. */
export type Confined = Spawned & { readonly directory: string };

/** What a command that ends by itself belongs to. */
export type TransientGroup = {
  readonly site: string;
  /** `build` or `run`. */
  readonly name: string;
  readonly view?: ViewSpec | undefined;
  readonly caps?: Caps;
  readonly oomScore?: number;
};

const enterGroup = fileURLToPath(new URL('enter-group.sh', import.meta.url));
const enterView = fileURLToPath(new URL('enter-view.sh', import.meta.url));

/** Kernels before it have one setting of `hidepid` for all mounts of /proc, the machine's own too. */
const firstKernel = [5, 8] as const;

/**
 * Starts what runs as a site's users so that it cannot reach beyond its site: in control groups, in a view of the machine of its
 * own, as its user. For root alone; what the kernel does not allow is left out and told by {@link missing}.
 */
export class Confiner {
  readonly groups: ControlGroups;
  /** Roadie's folder. */
  readonly base: string;
  readonly #place: ViewPlace;
  readonly #run: string;
  #viewsMissing: { readonly why: string | undefined } | undefined;

  /** `base` and `run`: Roadie's two folders. */
  constructor({ base, run }: { readonly base: string; readonly run: string }) {
    this.base = base;
    this.groups = new ControlGroups(base);
    this.#run = run;
    this.#place = { root: join(run, 'view', 'root'), devices: join(run, 'view', 'dev') };
  }

  /** What sites are not held to here, a sentence each, with the reason. */
  get missing(): readonly string[] {
    const views = this.viewsMissing;
    const groups = this.groups.missing;
    return [
      ...(views === undefined ? [] : [`Processes see the whole machine: ${views}.`]),
      ...(groups === undefined ? [] : [`Memory, processes and cores of sites are not all limited: ${groups}.`]),
    ];
  }

  /** Why there are no views here; undefined where there are. Found out by making one, once. */
  get viewsMissing(): string | undefined {
    this.#viewsMissing ??= { why: this.#tryView() };
    return this.#viewsMissing.why;
  }

  /** The command, confined. */
  command(spawned: Spawned, confinement: Confinement): Confined {
    const { user, directory, view, joins = [], oomScore, transient = false, tied = false } = confinement;
    const isolated = transient && this.viewsMissing === undefined;
    const seen = view !== undefined && this.viewsMissing === undefined ? view : undefined;
    const inner = isolated ? asFirst(spawned.command) : tied ? tie(spawned.command) : spawned.command;
    const { command, environment } = asUser(user, { ...spawned, command: inner });
    const namespaces = [
      ...(seen === undefined ? [] : ['--mount', '--propagation', 'private']),
      ...(isolated ? ['--pid', '--fork', '--kill-child=KILL'] : []),
    ];
    const whole: readonly string[] = [
      ...(joins.length === 0 && oomScore === undefined
        ? []
        : ['/bin/sh', enterGroup, joins.join('\n'), oomScore === undefined ? '' : String(oomScore)]),
      ...(namespaces.length === 0 ? [] : ['/usr/bin/unshare', ...namespaces, '--']),
      ...(seen === undefined ? [] : this.#entering(seen, directory, user)),
      ...command,
    ];
    const final = whole as [string, ...string[]];
    return {
      command: isolated && tied ? tie(final) : final,
      environment,
      directory: seen === undefined ? directory : '/',
    };
  }

  /**
   * A command that ends by itself, with all that it has started. `end` must be called when it has ended; it may be called before,
   * to end it. It answers how many of its processes the kernel has ended for want of memory.
   */
  transient(
    spawned: Spawned,
    confinement: Pick<Confinement, 'user' | 'directory' | 'tied'>,
    { site, name, caps, view, oomScore }: TransientGroup,
  ): Confined & { readonly end: () => number } {
    const group = this.groups.make(site, name, caps);
    const confined = this.command(spawned, {
      ...confinement,
      view,
      transient: true,
      ...(group && { joins: group.joins }),
      ...(oomScore !== undefined && { oomScore }),
    });
    let killed = 0;
    return {
      ...confined,
      end: () => {
        if (!group) return killed;
        killed = Math.max(killed, this.groups.refusals(site, group.name).killed);
        this.endGroup(site, group.name);
        return killed;
      },
    };
  }

  /** Kills what is left in a group, and removes it. The kernel takes a moment to let go of what was killed. */
  endGroup(site: string, name: string): number {
    const killed = this.groups.kill(site, name);
    const remove = (tries: number): void => {
      if (this.groups.remove(site, name) || tries === 0) return;
      this.groups.kill(site, name);
      setTimeout(() => remove(tries - 1), 50).unref();
    };
    remove(100);
    return killed;
  }

  #entering(view: ViewSpec, directory: string, user: RunAs): readonly string[] {
    // It stands in a folder of root's, so nobody else can have put anything there.
    if (view.tmp !== undefined && !existsSync(view.tmp)) {
      mkdirSync(view.tmp, { mode: 0o700 });
      chownSync(view.tmp, user.uid, user.gid);
    }
    prepare(this.#place);
    return ['/bin/sh', enterView, this.#place.root, ...this.#tables(view), directory];
  }

  /** The files with a view's mounts, named by their content: mount(8) reads them, and nothing but files. */
  #tables(view: ViewSpec): readonly [string, string] {
    const { disks, own } = viewTable(resolved(view), readMounts(), this.#place);
    const folder = join(this.#run, 'view');
    return [disks === '' ? '' : keepTable(folder, disks), keepTable(folder, own)];
  }

  /** Makes a view as a command would get it, and looks whether it works. */
  #tryView(): string | undefined {
    const [major = 0, minor = 0] = release().split('.').map(Number);
    if (major < firstKernel[0] || (major === firstKernel[0] && minor < firstKernel[1]))
      return `the kernel is older than ${firstKernel.join('.')}`;
    try {
      prepare(this.#place);
      const tables = this.#tables({ hidden: [this.#run], readable: [], writable: [] });
      const program = '/usr/bin/unshare';
      const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL', '--'];
      const entering = ['/bin/sh', enterView, this.#place.root, ...tables, '/'];
      const words = [...namespaces, ...entering, '/bin/sh', '-c', 'read -r _ </proc/self/stat && : >/dev/null'];
      const tried = spawnSync(program, words, { cwd: '/', env: { ...bareEnvironment }, timeout: 10_000 });
      if (tried.status === 0) return undefined;
      const said = String(tried.stderr ?? '')
        .trim()
        .split('\n')[0];
      return `the kernel does not allow it (${said || (tried.error?.message ?? `code ${tried.status}`)})`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/**
 * The first process of a pid namespace: it waits for the command, and all others end with it. It ends with whoever started it. The
 * terminal's Ctrl-C reaches both; what it means is the command's to say.
 */
function asFirst(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return [
    '/usr/bin/setpriv',
    '--pdeathsig',
    'KILL',
    '--',
    '/bin/sh',
    '-c',
    'trap : INT QUIT; unset PWD; "$@"; exit "$?"',
    'sh',
    ...command,
  ];
}

/** A view whose paths are those that the kernel knows; what is not there is left out. */
function resolved({ hidden, readable, writable, tmp, instead = [] }: ViewSpec): ViewSpec {
  const real = (paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) => (existsSync(path) ? [realpathSync(path)] : []));
  return {
    hidden: real(hidden),
    readable: real(readable),
    writable: real(writable),
    ...(tmp !== undefined && { tmp: realpathSync(tmp) }),
    instead: instead.flatMap(({ path, from }) =>
      existsSync(path) && existsSync(from) ? [{ path: realpathSync(path), from: realpathSync(from) }] : [],
    ),
  };
}

/** The folders that views are put together in and from. A reboot takes them away. */
function prepare({ root, devices: folder }: ViewPlace): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  if (existsSync(folder)) return;
  const made = `${folder}.${process.pid}`;
  for (const name of ['pts', 'shm']) mkdirSync(join(made, name), { recursive: true, mode: 0o755 });
  for (const name of devices) writeFileSync(join(made, name), '', { mode: 0o666 });
  const links = { fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2', ptmx: 'pts/ptmx' };
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(made, name));
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another process of ours was faster.
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** A table that nobody has used for so long is removed, in milliseconds. */
const tableAge = 3_600_000;

/** Writes a table of mounts, unless it is there; answers its path. */
function keepTable(folder: string, text: string): string {
  const path = join(folder, `${createHash('sha256').update(text).digest('base64url').slice(0, 22)}.fstab`);
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return path;
  } catch {
    // It is a new one: a good moment to look for old ones.
  }
  for (const name of readdirSync(folder)) {
    const old = statSync(join(folder, name), { throwIfNoEntry: false });
    if (old?.isFile() && now.getTime() - old.mtimeMs > tableAge) rmSync(join(folder, name), { force: true });
  }
  writeFileSync(`${path}.${process.pid}`, `${text}\n`, { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
