import type { Explanation } from '../blueprint/explain.ts';
import type { FoundFacts } from '../django/facts.ts';
import type { TrustReport } from '../machine/trust.ts';
import type { RunningDaemon } from '../machine/daemon-upgrade.ts';
import type { UnitOutcome } from '../machine/systemd.ts';
import type { LendFiles } from '../machine/processes/lent-files.ts';
import type { InteractiveCommand } from '../machine/processes/interactive.ts';
import type { Result } from '../problems/problem.ts';

/** A local authority's certificate. `anyName`: it may sign for every name, since it was made before authorities had limits. */
export type AuthorityCertificate = { readonly pem: string; readonly anyName: boolean };

/** Where text goes. Never throws; a reader that went away ends the program elsewhere. */
export type Output = { write(text: string): unknown };

/** What `roadie inspect` shows: what was read, and what Roadie would make of it. No project code has run. */
export type Inspection = { readonly facts: FoundFacts; readonly explanations: readonly Explanation[] };

/**
 * Everything that the command line knows of the world: `main.ts` makes the real one, tests make theirs.
 * Functions that act throw a ProblemError for what a user can fix.
 */
export type CliEnvironment = {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input to its end, as text. */
  readonly readInput: () => Promise<string>;
  /** Asks on the terminal and resolves with the line typed, without its end; undefined at end of input. `hidden`: what is typed is not shown. */
  readonly ask: (question: string, options?: { readonly hidden?: boolean }) => Promise<string | undefined>;
  /** Standard input and output are a terminal: questions and a moving line are possible. */
  readonly isTerminal: boolean;
  /** Width of the terminal in characters; 100 where there is none. */
  readonly columns: number;
  /** Whether to colour: a terminal, and no NO_COLOR. */
  readonly colour: boolean;
  readonly cwd: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** TERM, LANG and the like: what an interactive program needs of the caller's environment. */
  readonly terminalVariables: Readonly<Record<string, string>>;
  /** The caller's own variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Whether there is a regular file at an absolute path, links followed. */
  readonly isFile: (path: string) => boolean;
  /** Has files where the site's user can use them. */
  readonly lendFiles: LendFiles;
  /** Calls the listener at Ctrl-C instead of ending the program; the returned function takes it back. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** The daemon's unix socket. */
  readonly socketPath: string;
  /** The daemon's own log, named in problems. */
  readonly daemonLog: string;
  /** Starts the daemon in the background and resolves once it answers; at once where it runs already. */
  readonly startDaemon: () => Promise<void>;
  /** Has this program's daemon take over from the one that runs; `before` is undefined where none ran. `waiting`: for an operation. */
  readonly upgradeDaemon: (
    waiting: (operation: string) => void,
  ) => Promise<{ readonly before: RunningDaemon | undefined; readonly after: RunningDaemon }>;
  /** Is the daemon, in the foreground, until it is told to stop. */
  readonly runDaemon: () => Promise<number>;
  /** Reads a project without running any of its code. `source`: an absolute path, or a repository's URL. */
  readonly inspect: (source: string) => Promise<Result<Inspection>>;
  /** Resolves with the command's exit code. */
  readonly spawnInteractive: (command: InteractiveCommand) => Promise<number>;
  readonly authority: {
    /** The certificates of all local authorities; empty before the first site has made one. */
    read(): Promise<readonly AuthorityCertificate[]>;
    /** Adds one to what this system trusts. */
    trust(certificate: string): Promise<TrustReport>;
    /** The opposite. */
    distrust(certificate: string): Promise<TrustReport>;
  };
  /** Whether a reboot would end all sites, though this user could have systemd start them: `installUnit` was never called. */
  readonly endsAtReboot: () => Promise<boolean>;
  /** Writes and enables the unit of systemd. `stopRunning` is called before the unit starts, where it is not what runs already. */
  readonly installUnit: (stopRunning: () => Promise<void>) => Promise<UnitOutcome>;
};
