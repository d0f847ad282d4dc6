import type { CliEnvironment, Inspection } from '../../src/cli/environment.ts';
import { runCli } from '../../src/cli/program.ts';
import type { InteractiveCommand } from '../../src/machine/processes/interactive.ts';
import { failed, ProblemError } from '../../src/problems/problem.ts';

/** What one call of the program came to. */
export type Ran = {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Each line of stdout as JSON. */
  readonly json: () => readonly unknown[];
  readonly questions: readonly string[];
  readonly interactive: readonly InteractiveCommand[];
  readonly starts: number;
};

export type Around = {
  readonly socketPath?: string;
  readonly isTerminal?: boolean;
  readonly colour?: boolean;
  /** Answers to questions, in their order; none left is end of input. */
  readonly answers?: readonly string[];
  readonly input?: string;
  readonly cwd?: string;
  /** Called with what interrupts as Ctrl-C does, once somebody listens. */
  readonly onListening?: (interrupt: () => void) => void;
  readonly startDaemon?: () => Promise<void>;
  readonly inspection?: Inspection;
  readonly overrides?: Partial<CliEnvironment>;
};

/** The moment at which all of the canned answers are looked at. */
export const now = Date.parse('2026-05-04T12:00:00Z');

/** Runs the command line in an environment made of values. */
export async function cli(argv: readonly string[], around: Around = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const questions: string[] = [];
  const interactive: InteractiveCommand[] = [];
  const answers = [...(around.answers ?? [])];
  let starts = 0;
  const env: CliEnvironment = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    readInput: () => Promise.resolve(around.input ?? ''),
    ask: (question) => {
      questions.push(question);
      return Promise.resolve(answers.shift());
    },
    isTerminal: around.isTerminal ?? false,
    columns: 100,
    colour: around.colour ?? false,
    cwd: around.cwd ?? '/usr',
    version: '0.1.0',
    now: () => now,
    terminalVariables: { TERM: 'xterm' },
    variables: {},
    isFile: () => false,
    lendFiles: (files) =>
      Promise.resolve({
        paths: files.map(({ path }) => `/tmp/lent${path}`),
        giveBack: () => Promise.resolve(),
        end: () => Promise.resolve(),
      }),
    onInterrupt: (listener) => {
      around.onListening?.(listener);
      return () => undefined;
    },
    socketPath: around.socketPath ?? '/nonexistent/roadie.sock',
    daemonLog: '/var/lib/roadie/state/daemon.log',
    startDaemon: async () => {
      starts += 1;
      if (around.startDaemon) return around.startDaemon();
      if (around.socketPath === undefined)
        throw new ProblemError({ code: 'daemon-failed', summary: 'The daemon did not start', cure: ['Read its log.'] });
    },
    upgradeDaemon: (waiting) => {
      waiting('deploy');
      return Promise.resolve({ before: { pid: 812, version: '0.1.0' }, after: { pid: 901, version: '0.2.0' } });
    },
    runDaemon: () => Promise.resolve(0),
    inspect: () =>
      Promise.resolve(
        around.inspection
          ? { ok: true, value: around.inspection }
          : failed({
              code: 'no-django-project',
              summary: 'No Django project was found in /home/ada',
              cure: ['Name its folder.'],
            }),
      ),
    spawnInteractive: (command) => {
      interactive.push(command);
      return Promise.resolve(7);
    },
    authority: {
      read: () =>
        Promise.resolve([{ pem: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n', anyName: false }]),
      trust: () => Promise.resolve({ changed: true, advice: ['Restart the browser:', '$ restart-browser'] }),
      distrust: () => Promise.resolve({ changed: false, advice: [] }),
    },
    endsAtReboot: () => Promise.resolve(false),
    installUnit: async (stopRunning) => {
      await stopRunning();
      return { unit: '/etc/systemd/system/roadie.service', changed: true };
    },
    ...around.overrides,
  };
  const exit = await runCli(argv, env);
  const json = (): readonly unknown[] =>
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  return { exit, stdout, stderr, json, questions, interactive, starts };
}
