import type { RestartPolicy } from './restart-policy.ts';

/** Who a process runs as. Absent: as the daemon itself (without root there is no choice). */
export type RunAs = {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** Supplementary groups; none by default. */
  readonly groups?: readonly number[];
};

/**
 * What a process sees of the machine: its system read-only, no other processes, no devices, a /tmp of its own, and nothing of the
 * hidden folders but what is named here. All paths are absolute.
 */
export type ViewSpec = {
  readonly hidden: readonly string[];
  /** What stands in a hidden folder and is seen all the same. */
  readonly readable: readonly string[];
  /** Where it may write, as far as the user it runs as may. */
  readonly writable: readonly string[];
  /** The folder that is its /tmp and /var/tmp; absent: some memory. */
  readonly tmp?: string;
  /** Folders that it sees at another's path, and may write in: what is at that path is not seen. */
  readonly instead?: readonly { readonly path: string; readonly from: string }[];
};

/** What all processes of a site may take of the machine together. */
export type SiteLimits = {
  readonly processes: number;
  readonly memoryBytes: number;
  /** Of a build, within the site's. */
  readonly buildMemoryBytes: number;
};

/** A listening socket that the supervisor owns and hands to a service, so that it outlives the service's process. */
export type SocketSpec =
  | {
      readonly kind: 'unix';
      readonly path: string;
      /** e.g. 0o660 */ readonly mode: number;
      readonly uid?: number;
      readonly gid?: number;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/**
 * How a service gets its sockets, from descriptor 3 on: by systemd's protocol (LISTEN_FDS and LISTEN_PID), told by its own command line
 * alone, in NGINX's variable (a list of descriptors, which its program defines); or it opens its own.
 */
export type SocketPassing = 'listen-fds' | 'descriptors' | 'nginx' | 'none';

/** What must hold before a service counts as ready. It is asked again and again until it holds, `timeoutSeconds` have passed, or it was answered badly `tries` times. */
export type ReadinessProbe =
  | {
      readonly kind: 'http';
      readonly socket: string;
      readonly path: string;
      readonly host: string;
      readonly headers: Readonly<Record<string, string>>;
      /** Healthy is below 500 and not 400, unless given. */ readonly expect?: number;
    }
  | { readonly kind: 'connect'; readonly socket: string }
  | { readonly kind: 'connect-tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] }
  /** It has been running for this long without exiting, and has come to rest; it is given up to five times as long for that. */
  | { readonly kind: 'running'; readonly seconds: number };

/** How it is noticed that a service which is ready has come to hang. */
export type LivenessSpec = {
  /** Any answer is a sign of life. Absent: only processes that SIGSTOP holds are noticed. */
  readonly probe?: Pick<Extract<ReadinessProbe, { kind: 'http' }>, 'socket' | 'path' | 'host' | 'headers'>;
  /** From one look to the next. */
  readonly intervalSeconds: number;
  /** How long an answer may take. */
  readonly timeoutSeconds: number;
  /** Looks in a row without a sign of life after which it is killed and started again. */
  readonly failures: number;
};

/** How a service is stopped: `drain` where there is one, then `signal`, and SIGKILL to the whole process group `timeoutSeconds` later. */
export type StopSpec = {
  readonly signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGWINCH';
  readonly timeoutSeconds: number;
  /** Has a service that was ready take nothing new and end what is under way. Runs as the service's user; that it fails changes nothing. */
  readonly drain?: { readonly command: readonly [string, ...string[]]; readonly timeoutSeconds: number };
};

/**
 * One supervised program, complete: whoever holds this can run it. Specs are written by a job into the site's state file and
 * read by the daemon, which makes what runs agree with them.
 */
export type ServiceSpec = {
  /** The site's name, or `edge` for what serves the whole host. */
  readonly group: string;
  /** Unique in its group: `web`, `worker`, `beat`, `postgresql` … */
  readonly name: string;
  /** argv; the first is an absolute path. Never holds a secret. */
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  /** The whole environment of the process; nothing is inherited from the daemon. */
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: RunAs;
  readonly sockets: readonly SocketSpec[];
  readonly passing: SocketPassing;
  /** Services of the same group that must be ready before this one starts. */
  readonly after: readonly string[];
  readonly readiness: {
    readonly probe: ReadinessProbe;
    readonly timeoutSeconds: number;
    /** Bad answers after which a start is given up before its time is up. A restart after a crash has all of its time. */
    readonly tries?: number;
    /**
     * Paths that visitors come to first. Of what never served they are asked once the probe holds: a 5xx refuses it, unless what serves
     * answers so as well.
     */
    readonly pages?: readonly string[];
  };
  readonly stop: StopSpec;
  readonly restart: RestartPolicy;
  readonly liveness?: LivenessSpec;
  /** Of all its processes together: where they need more for some time, it is replaced as after a change. */
  readonly memoryLimitBytes?: number;
  /** How many cores all its processes together may use, by the kernel's control groups where there are any. */
  readonly cpus?: number;
  /**
   * How a changed spec is brought in. `overlap`: the new process starts on its own socket beside the old; when it is ready its
   * socket is renamed over the old one's path, then the old drains (docs/decisions/0003; needs exactly one unix socket).
   * `restart`: stop, then start. `reload`: only a change of command or environment restarts; else `reloadSignal`.
   */
  readonly replace: 'overlap' | 'restart' | 'reload';
  readonly reloadSignal?: 'SIGHUP' | 'SIGUSR1';
  /** Standard output and error go straight to this file, rotated at `maxBytes`, `keep` old ones kept. */
  readonly log: { readonly path: string; readonly maxBytes: number; readonly keep: number };
  /** Logs that it writes by itself and opens anew when it gets the signal: rotated when one is longer than `maxBytes`. */
  readonly ownLogs?: {
    readonly folder: string;
    /** Which of the folder's files are meant. */
    readonly suffix: string;
    readonly maxBytes: number;
    readonly keep: number;
    readonly reopenSignal: 'SIGUSR1';
  };
  /**
   * Child processes that only finish what they had begun before a reload, known by their command line: beyond `most` of them those that
   * were started first get SIGTERM. A reload cuts nothing that still moves, and memory stays bounded.
   */
  readonly oldWorkers?: { readonly title: string; readonly most: number };
  readonly nice?: number;
  /** TCP ports on which it may listen for everybody; none by default, and loopback always (docs/decisions/0023). */
  readonly listen?: readonly number[];
  /** RLIMIT_NOFILE: files and sockets that each of its processes may have open. */
  readonly openFiles?: number;
  /** What it sees of the machine; absent: all of it, as its user may. Without root, and where the kernel forbids it, as well. */
  readonly view?: ViewSpec;
  /** Which release this runs, for status and for knowing what changed. */
  readonly release?: string;
  /** The service is stateful: it must not be killed before its `stop` has had its time. */
  readonly stateful?: boolean;
};

/** The states of a service, as status and events show them. */
export type ServiceState = 'down' | 'starting' | 'ready' | 'stopping' | 'waiting' | 'failed';

/** A folder below /run that must be there before a group starts; after a reboot it is gone. */
export type RunFolder = { readonly path: string; readonly mode: number; readonly uid?: number; readonly gid?: number };

/** All services of a site (or of the edge), as its state file holds them: what the daemon reads and makes true. */
export type GroupSpec = {
  readonly group: string;
  readonly folders: readonly RunFolder[];
  readonly services: readonly ServiceSpec[];
  readonly limits?: SiteLimits;
};
