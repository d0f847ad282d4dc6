import type { RunAs, SiteLimits } from '../services/service.ts';

/** What a site may take of the machine, and what it reaches on it. */
export type SiteBounds = SiteLimits & {
  /** Files and sockets that each process may have open. */
  readonly openFiles: number;
  /** Absent: the site sees the whole machine, as its user may. */
  readonly sandbox?: Sandbox;
};

/** What the project's programs see of the machine besides its system. */
export type Sandbox = {
  /** Folders with what is other people's. */
  readonly hidden: readonly string[];
  /** Of those, and of the owner's folders elsewhere, what is seen all the same; and where it may write as well. */
  readonly readable: readonly string[];
  readonly writable: readonly string[];
  /** The site's own /tmp. */
  readonly tmp: string;
};

/**
 * Where a site lies and who owns what, on whatever target: the only thing that components know about a machine.
 * All paths are absolute.
 */
export type Place = {
  readonly site: string;
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
  readonly folders: {
    /** sites/NAME */
    readonly site: string;
    readonly releases: string;
    readonly config: string;
    readonly data: string;
    readonly media: string;
    /** What the project writes in its code; each release has links to it. */
    readonly files: string;
    /** Files of the owner's own, which go into each release. */
    readonly own: string;
    readonly logs: string;
    readonly backups: string;
    readonly cache: string;
    /** The build user's home: caches of what installs. */
    readonly build: string;
    /** Mirrors of the site's repositories. */
    readonly checkouts: string;
    /** /run/roadie/NAME, gone at a reboot and made again by the daemon. */
    readonly run: string;
    /** edge/ */
    readonly edge: string;
    readonly edgeRun: string;
  };
  /** The web service's public socket: what the edge connects to. */
  readonly webSocket: string;
  /** Who is who. Without root everybody is the current user, and the ids are absent. */
  readonly users: {
    /** What is live, and commands in it. */
    readonly site?: RunAs;
    /** All that makes a release, until root takes that over; the site's group lets it reach the site's data services. */
    readonly build?: RunAs;
    /** The edge's workers. */
    readonly edge?: RunAs;
    /** The group of what the edge may read of this site: its workers and the site's own processes are in it, and nobody else. */
    readonly www?: { readonly name: string; readonly gid: number };
    /** System users of this site's components by their name, with the site's group as gid so that their sockets are the site's. */
    readonly component: Readonly<Record<string, RunAs>>;
    /** Name of the user that all is run as without root, else 'root'. */
    readonly daemon: string;
  };
  readonly machine: {
    readonly cores: number;
    readonly memoryBytes: number;
    /** Absolute folders of installed programs, e.g. `/usr/lib/postgresql/15/bin`. */
    readonly programs: Readonly<Record<string, string>>;
    /** Of the files that components look for, by what they call them, whether they are there. */
    readonly installed?: Readonly<Record<string, boolean>>;
  };
  /** What the site is held to; absent where nothing can be. */
  readonly bounds?: SiteBounds;
  /** Generated once per site and kept: 64 letters and digits each. */
  readonly secrets: Readonly<Record<string, string>>;
};
