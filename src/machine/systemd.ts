import { ProblemError } from '../problems/problem.ts';
import { exists, readText, writeAtomically } from './files/files.ts';
import { run } from './processes/run.ts';
import { isRoot } from './system.ts';

const unitName = 'roadie.service';

/** What `daemon install` came to. */
export type UnitOutcome = { readonly unit: string; readonly changed: boolean };

export type InstallOptions = {
  /** Absolute path of the launcher. */
  readonly launcher: string;
  /** ROADIE_BASE and ROADIE_RUN, where they are not the defaults. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops a daemon that systemd did not start, so that the unit's can take its place and adopt what runs. */
  readonly stopRunning: () => Promise<void>;
  /** Default /etc/systemd/system. */
  readonly folder?: string;
};

/**
 * Writes, enables and starts the unit that keeps the daemon running. Can be repeated.
 * Throws `system-unsupported` where systemd does not run, `root-needed` without root, `command-failed` with systemctl's words.
 */
export async function installUnit(options: InstallOptions): Promise<UnitOutcome> {
  // The folder that systemd makes when it is the init system: sd_booted(3).
  if (!(await exists('/run/systemd/system'))) {
    throw new ProblemError({
      code: 'system-unsupported',
      summary: 'systemd does not run this machine, so there is nothing to install the daemon into',
      detail: 'The daemon starts on demand here, with the first command that needs it.',
      cure: [
        'After a reboot, have any command start it, for example from /etc/rc.local or cron (@reboot):',
        `$ ${options.launcher} daemon start`,
      ],
    });
  }
  if (!isRoot())
    throw new ProblemError({
      code: 'root-needed',
      summary: 'Only root can install a unit of systemd',
      cure: ['$ sudo roadie daemon install'],
    });
  const path = `${options.folder ?? '/etc/systemd/system'}/${unitName}`;
  const content = unitText(options);
  const same = (await readText(path)) === content;
  if (!same) {
    await writeAtomically(path, content, { mode: 0o644 });
    await systemctl('daemon-reload');
  }
  const runs = (await run(['systemctl', 'is-active', '--quiet', unitName])).code === 0;
  const enabled = (await run(['systemctl', 'is-enabled', '--quiet', unitName])).code === 0;
  if (!enabled) await systemctl('enable', '--quiet', unitName);
  if (!runs) {
    await options.stopRunning();
    await systemctl('start', unitName);
  } else if (!same) {
    // KillMode=process: only the daemon is replaced, and the new one adopts what runs.
    await systemctl('restart', unitName);
  }
  return { unit: path, changed: !(same && runs && enabled) };
}

/** Whether systemd runs this machine and starts nothing of ours at boot: a reboot would then end all sites. */
export async function unitMissing(folder = '/etc/systemd/system'): Promise<boolean> {
  return (await exists('/run/systemd/system')) && !(await exists(`${folder}/multi-user.target.wants/${unitName}`));
}

/** Whether that process is what systemd runs as our unit. */
export async function unitRuns(pid: number): Promise<boolean> {
  if (!(await exists('/run/systemd/system'))) return false;
  const found = await run(['systemctl', 'show', '--property=MainPID', '--value', unitName]);
  return found.code === 0 && found.stdout.trim() === String(pid);
}

/** Starts the unit's daemon anew; the services go on. Throws `command-failed` with systemctl's words. */
export async function restartUnit(): Promise<void> {
  await systemctl('restart', unitName);
}

/** The unit's text. Only the daemon itself is systemd's to stop: the services outlive it and are adopted by the next. */
export function unitText({ launcher, environment }: Pick<InstallOptions, 'launcher' | 'environment'>): string {
  return [
    '[Unit]',
    'Description=Roadie: keeps the Django sites of this machine running',
    'After=network.target local-fs.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `ExecStart=${quote(launcher.replaceAll('$', '$$$$'))} daemon run`,
    ...Object.entries(environment).map(([name, value]) => `Environment=${quote(`${name}=${value}`)}`),
    // When the machine goes down, and only then, the services are stopped in their order, with the time that each needs.
    `ExecStop=/bin/sh -c ${quote(`[ "$$(systemctl is-system-running)" != stopping ] || exec "$$0" daemon stop --services`)} ${quote(launcher.replaceAll('$', '$$$$'))}`,
    'TimeoutStopSec=150',
    'Restart=always',
    'RestartSec=200ms',
    'KillMode=process',
    // The services are in the unit's group: its limits would be theirs.
    'TasksMax=infinity',
    'LimitNOFILE=65536',
    'OOMPolicy=continue',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** systemd.syntax(7): a percent sign, quotes and backslashes mean something in any value; a dollar only in commands. */
function quote(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return /^[\w./:=%$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

async function systemctl(...words: readonly string[]): Promise<void> {
  const result = await run(['systemctl', ...words], { timeoutSeconds: 120 });
  if (result.code === 0) return;
  throw new ProblemError({
    code: 'command-failed',
    summary: `systemctl ${words.join(' ')} ended with code ${result.code}`,
    detail: result.stderr.trim() || result.stdout.trim(),
    cure: [`$ journalctl -u ${unitName} -n 20`],
  });
}
