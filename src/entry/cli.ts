import { LocalAuthority } from '../certificates/local-authority.ts';
import { maySignAnything } from '../certificates/name-constraints.ts';
import type { CliEnvironment } from '../cli/environment.ts';
import { runCli } from '../cli/program.ts';
import { isFile } from '../machine/files/files.ts';
import { answers, startDaemon } from '../machine/daemon-process.ts';
import { runInteractively } from '../machine/processes/interactive.ts';
import { readStandardInput } from '../machine/terminal/standard-input.ts';
import { installUnit, unitMissing } from '../machine/systemd.ts';
import { ask, onInterrupt } from '../machine/terminal/terminal.ts';
import { failed, ok, ProblemError } from '../problems/problem.ts';
import type { ProcessSettings } from './settings.ts';

/** Variables that interactive programs need of the caller's environment. */
const terminalNames = ['TERM', 'LANG', 'LC_ALL', 'COLORTERM', 'COLUMNS', 'LINES', 'EDITOR', 'PAGER'] as const;

/** The command line as a process: everything real that it knows of the world. */
export async function runCliProcess(
  settings: ProcessSettings,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  // `roadie logs | head`: the reader is gone, and there is nobody to tell.
  process.stdout.on('error', () => process.exit(0));
  return runCli(argv, cliEnvironment(settings, environment));
}

function cliEnvironment(
  settings: ProcessSettings,
  environment: Readonly<Record<string, string | undefined>>,
): CliEnvironment {
  const { layout } = settings;
  const home = environment['HOME'] === undefined ? {} : { home: environment['HOME'] };
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    readInput: readStandardInput,
    ask,
    isTerminal,
    columns: process.stdout.columns ?? 100,
    colour: process.stdout.isTTY && (environment['NO_COLOR'] ?? '') === '',
    cwd: process.cwd(),
    version: settings.version,
    now: () => Date.now(),
    terminalVariables: Object.fromEntries(
      terminalNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
    ),
    variables: environment,
    isFile,
    lendFiles: async (files, user, below) =>
      (await import('../machine/processes/lent-files.ts')).lendFiles(files, user, below),
    onInterrupt,
    socketPath: layout.socket,
    daemonLog: layout.daemonLog,
    startDaemon: () => startDaemon(layout, settings.command('daemon', 'run')),
    async upgradeDaemon(waiting) {
      const { upgradeDaemon } = await import('../machine/daemon-upgrade.ts');
      return upgradeDaemon({
        layout,
        warm: settings.command('warm'),
        daemon: settings.command('daemon', 'run'),
        waiting,
      });
    },
    runDaemon: async () => {
      const { runDaemonProcess } = await import('./daemon.ts');
      return runDaemonProcess(settings);
    },
    async inspect(path) {
      // Loaded here: no other command needs to know projects.
      const { inspectProject } = await import('../jobs/inspect.ts');
      try {
        return ok(await inspectProject(path, layout));
      } catch (error) {
        if (error instanceof ProblemError) return failed(...error.problems);
        throw error;
      }
    },
    spawnInteractive: async (command) => {
      const confiner = settings.root ? new (await import('../machine/bounds/confiner.ts')).Confiner(layout) : undefined;
      return runInteractively(command, confiner);
    },
    authority: {
      read: async () => {
        const all = await LocalAuthority.readAll(layout.edge);
        return all.map((pem) => ({ pem, anyName: maySignAnything(pem) }));
      },
      trust: async (certificate) => (await import('../machine/trust.ts')).trustAuthority(certificate, home),
      distrust: async (certificate) => (await import('../machine/trust.ts')).distrustAuthority(certificate, home),
    },
    endsAtReboot: async () => settings.root && (await unitMissing()),
    async installUnit(stopRunning) {
      const chosen = Object.fromEntries(
        ['ROADIE_BASE', 'ROADIE_RUN'].flatMap((name) =>
          environment[name] === undefined ? [] : [[name, environment[name]]],
        ),
      );
      return installUnit({
        launcher: settings.launcher,
        environment: chosen,
        stopRunning: async () => ((await answers(layout.socket)) ? stopRunning() : undefined),
      });
    },
  };
}
