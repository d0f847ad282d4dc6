import type { RunAs } from '../services/service.ts';
import { bareEnvironment, type RunResult } from '../machine/processes/run.ts';
import { runTied } from '../machine/processes/tied.ts';

/** How git proves who it is: arguments before its command, and variables. Holds paths, never secrets. */
export type GitAccess = {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

export type GitOptions = {
  /** The repository or work tree to run in. */
  readonly directory: string;
  readonly user?: RunAs | undefined;
  /** HOME for ssh's keys and known hosts; none by default. */
  readonly home?: string | undefined;
  /** Added to git's environment, e.g. GIT_INDEX_FILE. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Key, known hosts or token of a private repository. */
  readonly access?: GitAccess | undefined;
  readonly log?: string | undefined;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * A repository's own configuration can name programs (fsmonitor, hooks, filters, an ssh command) and its address can name
 * transports that run some: these switch off all that a command line can. `safe.directory` is left alone on purpose, so that
 * git refuses a repository which belongs to somebody else than the user it runs as.
 */
const guards: readonly string[] = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.sshCommand=ssh -oBatchMode=yes -oConnectTimeout=20',
  '-c',
  'core.untrackedCache=false',
  '-c',
  'credential.helper=',
  '-c',
  'protocol.allow=never',
  '-c',
  'protocol.https.allow=always',
  '-c',
  'protocol.ssh.allow=always',
  '-c',
  'protocol.file.allow=always',
  '-c',
  'protocol.ext.allow=never',
  '-c',
  'submodule.recurse=false',
  '-c',
  'fetch.recurseSubmodules=false',
  '-c',
  'gc.auto=0',
  '-c',
  'maintenance.auto=false',
];

/** Runs git without the machine's or the user's configuration, without questions, hooks, helpers or submodules. */
export function git(args: readonly string[], options: GitOptions): Promise<RunResult> {
  return runTied(['git', ...guards, ...(options.access?.arguments ?? []), ...args], {
    directory: options.directory,
    environment: {
      ...bareEnvironment,
      ...(options.home !== undefined && { HOME: options.home }),
      LC_ALL: 'C.UTF-8',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '/bin/false',
      SSH_ASKPASS: '/bin/false',
      GIT_LFS_SKIP_SMUDGE: '1',
      // Reading must not write into a work tree of the owner's (index refresh).
      GIT_OPTIONAL_LOCKS: '0',
      ...options.access?.environment,
      ...options.environment,
    },
    timeoutSeconds: options.timeoutSeconds ?? 300,
    ...(options.user && { user: options.user }),
    ...(options.log !== undefined && { log: options.log }),
    ...(options.signal && { signal: options.signal }),
  });
}
