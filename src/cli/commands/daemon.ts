import { setTimeout as delay } from 'node:timers/promises';

import { ProblemError } from '../../problems/problem.ts';
import type { DaemonClient } from '../client.ts';
import { command, type Context } from '../command.ts';
import { scheduleView } from '../views/schedule.ts';
import { bytes, count, harmless } from '../views/text.ts';

/** Services may take their whole stop time one after the other; PostgreSQL's is the longest. */
const stopPatienceMs = 150_000;
const askAgainMs = 50;

export const daemonStart = command({
  name: 'daemon start',
  group: 'This machine',
  about: 'Start the daemon, where it does not run',
  details:
    'Seldom needed: every command that needs the daemon starts it. `roadie daemon install` has systemd start it at boot.',
  arguments: {},
  options: {},
  examples: [{ command: 'roadie daemon start', about: 'and the sites that should run come up' }],
  run: async (context) => {
    await context.env.startDaemon();
    return showStatus(context);
  },
});

export const daemonStop = command({
  name: 'daemon stop',
  group: 'This machine',
  about: 'Stop the daemon; the sites go on, unsupervised, until it is back',
  details:
    'The next daemon adopts what runs. With --services all sites stop as well, until the daemon is started again.\nWhere systemd runs it, it comes back at once; `systemctl stop roadie` keeps it down.',
  arguments: {},
  options: { services: { kind: 'flag', about: 'stop everything that it supervises as well' } },
  examples: [
    { command: 'roadie daemon stop', about: 'for an update of Roadie: no request is lost' },
    { command: 'roadie daemon stop --services', about: 'before the machine is switched off' },
  ],
  run: async (context, { options: { services } }) => {
    const stopped = await stopDaemon(context, services);
    context.emit({ stopped });
    context.say(
      !stopped
        ? 'The daemon was not running.'
        : services
          ? 'The daemon and all that it supervised have stopped.'
          : 'The daemon has stopped; the sites go on without it.',
    );
    return 0;
  },
});

export const daemonStatus = command({
  name: 'daemon status',
  group: 'This machine',
  about: 'Show whether the daemon runs and what it does when; exit code 3 where it does not run',
  details:
    'The table shows what the daemon does by the clock: `poll` asks the repository that a site follows for new commits, `bake` watches a new release, `certificate` renews the certificate where that is due and sees that it is served, `prune` empties the trash and removes old releases.',
  arguments: {},
  options: {},
  examples: [{ command: 'roadie daemon status || roadie daemon start', about: 'start it where it does not run' }],
  run: showStatus,
});

export const daemonUpgrade = command({
  name: 'daemon upgrade',
  group: 'This machine',
  about: 'Have the daemon of this version take over; the sites go on',
  details:
    'For after an update of Roadie. An operation that is running is waited for. The new daemon adopts what runs: no process is restarted and no request is lost. Where the new version does not start, the old daemon goes on.',
  arguments: {},
  options: {},
  examples: [
    { command: 'git -C /opt/roadie pull && roadie daemon upgrade', about: 'a new version, with no request lost' },
  ],
  run: async (context) => {
    const { before, after } = await context.env.upgradeDaemon((operation) =>
      context.say(`Waiting for '${operation}' to end ...`),
    );
    context.emit({ before: before ?? null, after });
    context.say(
      before
        ? `The daemon ${after.version} (pid ${after.pid}) has taken over from ${before.version} (pid ${before.pid}).`
        : `The daemon ${after.version} runs (pid ${after.pid}); there was none before.`,
    );
    return 0;
  },
});

export const daemonInstall = command({
  name: 'daemon install',
  group: 'This machine',
  about: 'Have systemd start the daemon at boot and keep it running',
  details:
    'Writes /etc/systemd/system/roadie.service, enables and starts it. A daemon that runs already hands over: the sites go on.\nWhere there is no systemd the daemon starts on demand, with the first command that needs it.',
  arguments: {},
  options: {},
  examples: [{ command: 'sudo roadie daemon install', about: 'needs root and systemd' }],
  run: async (context) => {
    const outcome = await context.env.installUnit(async () => void (await stopDaemon(context, false)));
    context.emit(outcome);
    context.say(
      outcome.changed
        ? `Installed ${outcome.unit}: the daemon runs and starts at boot.`
        : `${outcome.unit} is installed already and runs.`,
    );
    return 0;
  },
});

export const daemonRun = command({
  name: 'daemon run',
  group: 'This machine',
  about: 'Be the daemon, in the foreground (for systemd and for looking into trouble)',
  arguments: {},
  options: {},
  hidden: true,
  examples: [{ command: 'roadie daemon run', about: 'until Ctrl-C; the sites go on' }],
  run: (context) => context.env.runDaemon(),
});

/** Stops the daemon and waits until that process is gone; false where none ran. */
async function stopDaemon(context: Context, services: boolean): Promise<boolean> {
  const client = await context.client({ start: false });
  const pid = await runningPid(client);
  if (pid === undefined) return false;
  await client.stopDaemon(services);
  const deadline = performance.now() + stopPatienceMs;
  // Another pid is a new daemon: systemd starts it again at once.
  while ((await runningPid(client, pid)) === pid) {
    if (performance.now() > deadline) {
      throw new ProblemError({
        code: 'daemon-failed',
        summary: `The daemon still answers ${stopPatienceMs / 1000} s after it was told to stop`,
        where: { file: context.env.daemonLog },
        cure: ['Read its log to see what it waits for.', '$ roadie events -n 20'],
      });
    }
    await delay(askAgainMs);
  }
  return true;
}

/** The pid of the daemon that runs; `ending` where it hangs up in mid-answer, as one does that ends; undefined where none runs. */
async function runningPid(client: DaemonClient, ending?: number): Promise<number | undefined> {
  try {
    return (await client.status()).daemon.pid;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code } = error.problems[0];
    if (code === 'daemon-not-running') return undefined;
    if (code === 'daemon-failed' && ending !== undefined) return ending;
    throw error;
  }
}

async function showStatus(context: Context): Promise<number> {
  const { daemon, sites } = await (await context.client({ start: false })).status();
  const { say, emit, env, style } = context;
  emit({ running: true, ...daemon, sites: sites.length });
  say(
    `The daemon ${daemon.version} runs: pid ${daemon.pid}, ${bytes(daemon.memory_bytes)}, ${count(sites.length, 'site')}. Its log: ${env.daemonLog}`,
  );
  for (const text of daemon.not_enforced) say(style.yellow(`Not enforced here: ${harmless(text)}`));
  if (daemon.schedule.length > 0) say(`\n${scheduleView(daemon.schedule, style, env.now())}`);
  return 0;
}
