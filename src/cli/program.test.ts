import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';

import { emptyPlan, plan, status, upEvents, upResult } from '../../test/rig/canned.ts';
import { type Answer, fakeDaemon, refuse, stream, value } from '../../test/rig/fake-daemon.ts';
import { cli } from '../../test/rig/fake-terminal.ts';
import type { EndpointName } from '../contract/endpoints.ts';
import { jobRequestSchema } from '../contract/jobs.ts';
import { statusSchema } from '../contract/status.ts';
import { commands } from './commands/index.ts';
import { describeCommands } from './program.ts';

const rig = new URL('../../test/rig', import.meta.url).pathname;

let running: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.map((each) => each.close()));
  running = [];
});

async function daemon(answers: Partial<Record<EndpointName, Answer>>): ReturnType<typeof fakeDaemon> {
  const made = await fakeDaemon({ status: () => value(status), ...answers });
  running.push(made);
  return made;
}

const done = (result: unknown): unknown => ({ type: 'job-end', outcome: 'done', result });
const busy = { code: 'busy', summary: "'up' of the site shop has been running since 11:58", cure: ['Wait.'] } as const;

describe('every command', () => {
  test.each(commands.map((command) => command.name))('%s has a help with an example, on standard output', async (name) => {
    const { exit, stdout, stderr } = await cli([...name.split(' '), '--help']);
    expect(exit).toBe(0);
    expect(stdout).toContain(`Usage: roadie ${name}`);
    expect(stdout).toContain('  $ ');
    expect(stderr).toBe('');
  });

  test.each(commands.map((command) => command.name))('%s has an example that begins with the command itself', (name) => {
    const examples = commands.find((command) => command.name === name)?.examples.map((example) => example.command) ?? [];
    expect(examples.filter((example) => example.includes(`roadie ${name}`))).toEqual(examples);
  });

  test('is described as data, but for the hidden ones', () => {
    const names = describeCommands().map((command) => command.name);
    expect(names).toContain('env set');
    expect(names).not.toContain('__complete');
    expect(names).not.toContain('daemon run');
    expect(describeCommands().find((command) => command.name === 'logs')?.options).toContainEqual({ flags: '-n, --lines <N>', about: expect.stringContaining('how many') });
  });
});

describe('mistakes in the command line', () => {
  test('an unknown command names the nearest one and ends with 2', async () => {
    const { exit, stderr, stdout } = await cli(['stauts']);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Did you mean `roadie status`?');
  });

  test('an unknown option names the nearest one, as JSON where JSON was asked for', async () => {
    const { exit, json, stderr } = await cli(['up', '--nmae', 'x', '--json']);
    expect(exit).toBe(2);
    expect(stderr).toBe('');
    expect(json()).toEqual([{ problems: [{ code: 'bad-arguments', summary: "roadie up: unknown option '--nmae'", cure: ['Did you mean --name?', '$ roadie up --help'] }] }]);
  });

  test.each([[['plan']], [['logs', '-n', 'many']], [['status', 'extra']], [['up', '--http-port', '-1', '--yes']], [['env', 'sett', 'x']], [['completion', 'tcsh']]])('%j ends with 2 and a cure', async (argv) => {
    const { exit, stderr } = await cli(argv);
    expect(exit).toBe(2);
    expect(stderr).toContain('What to do:');
  });

  test('a command of two words alone shows what there is', async () => {
    const { exit, stdout } = await cli(['env']);
    expect(exit).toBe(0);
    expect(stdout).toContain('unset');
  });

  test('a bug ends with 70 and says what to do', async () => {
    const { exit, stderr } = await cli(['ca'], { overrides: { authority: { read: () => Promise.reject(new Error('boom')), trust: () => Promise.reject(new Error()), distrust: () => Promise.reject(new Error()) } } });
    expect(exit).toBe(70);
    expect(stderr).toContain('boom');
  });
});

describe('the daemon', () => {
  test('is started by a command that needs it, once', async () => {
    const { socketPath } = await daemon({});
    const here = `${socketPath}.later`;
    const { rename } = await import('node:fs/promises');
    const ran = await cli(['status', '--json'], { socketPath: here, startDaemon: () => rename(socketPath, here) });
    expect(ran.exit).toBe(0);
    expect(ran.starts).toBe(1);
  });

  test('that does not start ends the command with 3', async () => {
    expect((await cli(['status'])).exit).toBe(3);
  });

  test('is not started by `daemon status`, `daemon stop` and `version`', async () => {
    const state = await cli(['daemon', 'status', '--json']);
    expect([state.exit, state.starts]).toEqual([3, 0]);
    const stop = await cli(['daemon', 'stop', '--json']);
    expect([stop.exit, stop.starts, stop.json()]).toEqual([0, 0, [{ stopped: false }]]);
    const version = await cli(['version', '--json']);
    expect([version.exit, version.starts, version.json()]).toEqual([0, 0, [{ version: '0.1.0', daemon: null }]]);
  });

  test('is stopped once another process answers in its place', async () => {
    let pid = 812;
    const { socketPath, asked } = await daemon({
      status: () => value({ ...status, daemon: { ...status.daemon, pid } }),
      stopDaemon: () => {
        pid = 813;
        return value({ stopped: true });
      },
    });
    const ran = await cli(['daemon', 'stop', '--services'], { socketPath });
    expect(ran.exit).toBe(0);
    expect(asked.find((one) => one.endpoint === 'stopDaemon')?.query).toEqual({ services: '1' });
  });

  test('that says something outside the contract is a bug with a cure', async () => {
    const { socketPath } = await daemon({ status: () => value({ daemon: 'yes' }) });
    const { exit, stderr } = await cli(['status'], { socketPath });
    expect(exit).toBe(70);
    expect(stderr).toContain('roadie daemon stop');
  });

  test('hands over to the one of systemd at `daemon install`', async () => {
    const { exit, stdout } = await cli(['daemon', 'install']);
    expect(exit).toBe(0);
    expect(stdout).toContain('/etc/systemd/system/roadie.service');
  });
});

describe('up', () => {
  test('without a terminal and without --yes asks nothing of the daemon and ends with 2', async () => {
    const { socketPath, asked } = await daemon({});
    const { exit, stderr, starts } = await cli(['up', 'shop'], { socketPath });
    expect(exit).toBe(2);
    expect(stderr).toContain('$ roadie up shop --yes');
    expect(asked).toEqual([]);
    expect(starts).toBe(0);
  });

  test('with --json needs --yes on a terminal as well', async () => {
    const { exit, json } = await cli(['up', '--json'], { isTerminal: true });
    expect(exit).toBe(2);
    expect(json()).toMatchObject([{ problems: [{ code: 'confirmation-needed' }] }]);
  });

  test('with --yes sends all options in one job and ends with the URL', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([...upEvents, done(upResult)]) });
    const ran = await cli(['up', 'rig', '--name', 'boards', '--domain', 'a.example', '--domain', 'b.example', '--http-port', '8081', '--https-port', '8444', '--ref', 'v1', '--yes', '--wait'], { socketPath, cwd: join(rig, '..') });
    expect(ran.exit).toBe(0);
    expect(asked.map((one) => [one.query, one.body])).toEqual([[{ wait: '1' }, { kind: 'up', source: rig, name: 'boards', domains: ['a.example', 'b.example'], http_port: 8081, https_port: 8444, ref: 'v1', confirmed: 'any' }]]);
    expect(jobRequestSchema.safeParse(asked[0]?.body).success).toBe(true);
    expect(ran.stdout).toContain('Plan for boards');
    expect(ran.stdout).toContain('done    Install 3 packages  41 s');
    expect(ran.stdout).toContain('boards is live at https://boards.localhost');
    expect(ran.stdout.indexOf('Plan for')).toBeLessThan(ran.stdout.indexOf('Install 3'));
  });

  test.each([
    ['https://github.com/you/shop.git', 'https://github.com/you/shop.git'],
    ['git@example.org:you/shop.git', 'git@example.org:you/shop.git'],
    ['file:///srv/shop.git', 'file:///srv/shop.git'],
    ['ext::sh -c id', 'ext::sh -c id'],
    ['../rig', rig],
    [rig, rig],
  ])('takes %s for %s', async (typed, sent) => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(upResult)]) });
    await cli(['up', typed, '--yes', '--json'], { socketPath, cwd: join(rig, '../docs') });
    expect(asked[0]?.body).toMatchObject({ source: sent });
  });

  test('with --json prints one event per line and the result last', async () => {
    const { socketPath } = await daemon({ job: () => stream([...upEvents, done(upResult)]) });
    const ran = await cli(['up', '--yes', '--json'], { socketPath });
    expect(ran.exit).toBe(0);
    expect(ran.json()).toEqual([...upEvents, done(upResult)]);
    expect(ran.stderr).toBe('');
  });

  test('on a terminal shows the plan, asks, and applies what was shown', async () => {
    const shown = { ...upResult, applied: false };
    const { socketPath, asked } = await daemon({ job: ({ body }) => stream([done((body as { confirmed?: string }).confirmed === undefined ? shown : upResult)]) });
    const ran = await cli(['up'], { socketPath, isTerminal: true, answers: ['y'] });
    expect(ran.exit).toBe(0);
    expect(ran.questions).toHaveLength(1);
    expect(ran.stdout).toContain('Plan for boards');
    expect(asked.map((one) => (one.body as { confirmed?: string }).confirmed)).toEqual([undefined, 'f1']);
  });

  test.each([[['n']], [['']], [[]]])('on a terminal with the answer %j changes nothing and ends with 1', async (answers) => {
    const { socketPath, asked } = await daemon({ job: () => stream([done({ ...upResult, applied: false })]) });
    const ran = await cli(['up'], { socketPath, isTerminal: true, answers });
    expect(ran.exit).toBe(1);
    expect(asked).toHaveLength(1);
    expect(ran.stdout).toContain('Nothing was changed.');
  });

  test('of a path where nothing is ends with 2 before anything is started', async () => {
    const { exit, stderr, starts } = await cli(['up', '/nonexistent/shop', '--yes']);
    expect([exit, starts]).toEqual([2, 0]);
    expect(stderr).toContain('There is nothing at /nonexistent/shop');
  });

  test('asks nothing where there is nothing to change', async () => {
    const { socketPath } = await daemon({ job: () => stream([done({ ...upResult, applied: false, plan: emptyPlan })]) });
    const ran = await cli(['up'], { socketPath, isTerminal: true });
    expect([ran.exit, ran.questions]).toEqual([0, []]);
    expect(ran.stdout).toContain('Nothing to change: boards is live');
  });

  test('ends a failure with its exit code and problems, as the last line in JSON', async () => {
    const end = { type: 'job-end', outcome: 'failed', problems: [{ code: 'port-taken', summary: 'Port 443 is taken by apache2 (pid 7)', cure: ['Stop it.'] }] };
    const { socketPath } = await daemon({ job: () => stream([...upEvents, end]) });
    const human = await cli(['up', '--yes'], { socketPath });
    expect(human.exit).toBe(1);
    expect(human.stderr).toContain('Port 443 is taken by apache2 (pid 7)');
    const forPrograms = await cli(['up', '--yes', '--json'], { socketPath });
    expect([forPrograms.exit, forPrograms.json().at(-1)]).toEqual([1, end]);
  });

  test('while another operation runs ends with 4 and says which', async () => {
    const { socketPath } = await daemon({ job: () => refuse(409, { ...busy, cure: ['Wait.'] }) });
    const { exit, stderr } = await cli(['up', '--yes'], { socketPath });
    expect(exit).toBe(4);
    expect(stderr).toContain(busy.summary);
  });

  test('at Ctrl-C says that the job goes on, and ends with 130', async () => {
    let interrupt = (): void => undefined;
    const { socketPath } = await daemon({
      job: () => {
        const answer = stream(upEvents, { open: true });
        if (answer.kind !== 'events') return answer;
        return { kind: 'events', stream: (send, gone) => answer.stream((each) => { send(each); if (each === upEvents.at(-1)) interrupt(); }, gone) };
      },
    });
    const ran = await cli(['up', '--yes'], { socketPath, onListening: (press) => { interrupt = press; } });
    expect(ran.exit).toBe(130);
    expect(ran.stderr).toContain('goes on in the background');
    expect(ran.stderr).toContain('$ roadie events -f');
  });

  test('whose daemon goes away says that what was done is kept', async () => {
    const { socketPath } = await daemon({ job: () => stream(upEvents) });
    const { exit, stderr } = await cli(['up', '--yes'], { socketPath });
    expect(exit).toBe(3);
    expect(stderr).toContain('what was done is kept');
  });
});

describe('looking', () => {
  test('`status --json` is the contract', async () => {
    const { socketPath } = await daemon({});
    const { exit, json } = await cli(['status', '--json'], { socketPath });
    expect(exit).toBe(0);
    expect(statusSchema.parse(json()[0])).toEqual(status);
  });

  test('`plan` shows the plan on standard output and the progress elsewhere', async () => {
    const result = { site: 'boards', plan, overrides: upResult.overrides, notes: [] };
    const { socketPath, asked } = await daemon({ job: () => stream([...upEvents.filter((event) => event.type !== 'plan-made'), done(result)]) });
    const human = await cli(['plan', 'boards'], { socketPath });
    expect(human.exit).toBe(0);
    expect(human.stdout.startsWith('Plan for boards')).toBe(true);
    expect(human.stderr).toContain('Find out what the project is');
    const forPrograms = await cli(['plan', 'boards', '--json'], { socketPath });
    expect(forPrograms.json()).toEqual([result]);
    expect(asked[0]?.body).toEqual({ kind: 'plan', site: 'boards' });
  });

  test('`check` ends with 1 where an error is found', async () => {
    const finding = { level: 'error', id: 'x', what: 'DEBUG is on', why: 'It shows secrets.', cure: 'Turn it off.' };
    const { socketPath } = await daemon({ job: () => stream([done({ site: 'boards', findings: [finding] })]) });
    const { exit, stdout } = await cli(['check', 'boards'], { socketPath });
    expect(exit).toBe(1);
    expect(stdout).toContain('Turn it off.');
  });

  test('`events` prints one per line and passes its options on', async () => {
    const { socketPath, asked } = await daemon({ events: () => stream(upEvents) });
    const { exit, json } = await cli(['events', '-f', '-n', '5', '--site', 'boards', '--json'], { socketPath });
    expect([exit, json()]).toEqual([0, upEvents]);
    expect(asked[0]?.query).toEqual({ follow: '1', lines: '5', site: 'boards' });
  });

  test('`logs` of one service are its lines alone', async () => {
    const { socketPath, asked } = await daemon({ logs: () => stream([{ service: 'web', line: 'GET /' }]) });
    const ran = await cli(['logs', 'boards', 'web', '-n', '1'], { socketPath });
    expect([ran.exit, ran.stdout]).toEqual([0, 'GET /\n']);
    expect(asked.at(-1)).toMatchObject({ parameters: { site: 'boards' }, query: { service: 'web', lines: '1' } });
  });

  test('`logs` without a site are those of all, with their names', async () => {
    const { socketPath } = await daemon({ logs: ({ parameters }) => stream([{ service: 'web', line: `of ${parameters['site']}` }]) });
    const { stdout, json } = await cli(['logs', '--json'], { socketPath });
    expect(json()).toEqual([{ site: 'boards', service: 'web', line: 'of boards' }, { site: 'shop', service: 'web', line: 'of shop' }]);
    expect(stdout).not.toContain('|');
    expect((await cli(['logs'], { socketPath })).stdout).toContain('boards/web | of boards');
  });

  test('`logs -f` ends at Ctrl-C', async () => {
    let interrupt = (): void => undefined;
    const { socketPath } = await daemon({ logs: () => ({ kind: 'events', stream: async (send, gone) => { send({ service: 'web', line: 'x' }); interrupt(); if (!gone.aborted) await new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve())); } }) });
    const ran = await cli(['logs', 'boards', '-f'], { socketPath, onListening: (press) => { interrupt = press; } });
    expect(ran.exit).toBe(130);
  });

  test('an unknown site and an unknown service name the nearest', async () => {
    const { socketPath } = await daemon({});
    const site = await cli(['logs', 'bords'], { socketPath });
    expect([site.exit, site.stderr]).toEqual([2, expect.stringContaining('Did you mean boards?')]);
    const service = await cli(['restart', 'boards', 'wbe'], { socketPath });
    expect([service.exit, service.stderr]).toEqual([2, expect.stringContaining('Did you mean web?')]);
  });

  test('`inspect` needs no daemon and shows what is missing as a problem', async () => {
    const { exit, stderr, starts } = await cli(['inspect']);
    expect([exit, starts]).toEqual([1, 0]);
    expect(stderr).toContain('No Django project was found');
  });
});

describe('working in a site', () => {
  test.each(['start', 'stop', 'restart'] as const)('`%s` says which services it was', async (action) => {
    const { socketPath, asked } = await daemon({ [action]: () => value({ services: ['web'] }) });
    const { exit, json } = await cli([action, 'boards', 'web', '--json'], { socketPath });
    expect([exit, json()]).toEqual([0, [{ site: 'boards', services: ['web'] }]]);
    expect(asked.at(-1)).toMatchObject({ endpoint: action, parameters: { site: 'boards' }, query: { service: 'web' } });
  });

  test('`run` runs manage.py as the site does and ends with its exit code', async () => {
    const root = new URL('../../examples/boards', import.meta.url).pathname;
    const { socketPath } = await daemon({ environment: () => value({ site: 'boards', root, bin: '/v/bin', environment: { SECRET_KEY: 'x' }, uid: 999, gid: 998 }) });
    for (const argv of [['run', 'boards', '--', 'check', '--deploy'], ['run', 'boards', 'check', '--deploy']]) {
      const ran = await cli(argv, { socketPath });
      expect(ran.exit).toBe(7);
      expect(ran.interactive).toEqual([{ command: ['/v/bin/python', 'manage.py', 'check', '--deploy'], directory: root, environment: { TERM: 'xterm', SECRET_KEY: 'x' }, uid: 999, gid: 998 }]);
    }
  });

  test('`run` without manage.py uses Django itself, and `shell` its shell', async () => {
    const { socketPath } = await daemon({ environment: () => value({ site: 'boards', root: '/nonexistent', bin: '/v/bin', environment: {} }) });
    const ran = await cli(['shell', 'boards'], { socketPath });
    expect(ran.interactive[0]?.command).toEqual(['/v/bin/python', '-m', 'django', 'shell']);
  });

  test('`run` without a command says how to see which there are', async () => {
    const { exit, stderr } = await cli(['run', 'boards', '--']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('$ roadie run boards -- help')]);
  });

  test('`env list` never shows a secret, in JSON neither', async () => {
    const { socketPath } = await daemon({ environment: () => value({ site: 'boards', root: '/r', bin: '/b', environment: { SECRET_KEY: 'canary', REDIS_URL: 'redis://:canary@h/0', DEBUG: 'False' } }) });
    const human = await cli(['env', 'list', 'boards'], { socketPath });
    const forPrograms = await cli(['env', 'list', 'boards', '--json'], { socketPath });
    expect(human.stdout + forPrograms.stdout).not.toContain('canary');
    expect(forPrograms.json()).toMatchObject([{ site: 'boards', variables: [{ name: 'DEBUG', value: 'False', masked: false, by: 'unknown' }, { name: 'REDIS_URL', masked: true }, { name: 'SECRET_KEY', value: '********', masked: true }] }]);
  });

  test('`env set` takes words, standard input and a question, and hints at secrets in the history', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done({ site: 'boards', changed: ['A'], restarted: true })]) });
    const piped = await cli(['env', 'set', 'boards', 'A=b=c', 'TOKEN=-'], { socketPath, input: 'canary\n' });
    expect(piped.exit).toBe(0);
    expect(piped.stderr + piped.stdout).not.toContain('canary');
    const asking = await cli(['env', 'set', 'boards', 'TOKEN=-'], { socketPath, isTerminal: true, answers: ['typed'] });
    expect(asking.exit).toBe(0);
    expect((await cli(['env', 'set', 'boards', 'API_KEY=sk_1234'], { socketPath })).stderr).toContain('`API_KEY=-` asks');
    expect(asked.map((one) => one.body)).toEqual([
      { kind: 'env-set', site: 'boards', values: { A: 'b=c', TOKEN: 'canary' } },
      { kind: 'env-set', site: 'boards', values: { TOKEN: 'typed' } },
      { kind: 'env-set', site: 'boards', values: { API_KEY: 'sk_1234' } },
    ]);
  });

  test.each([[['A']], [['1A=x']], [[]], [['A=-', 'B=-']], [['--file', '/nonexistent/.env']]])('`env set boards %j` ends with 2 and changes nothing', async (words) => {
    const { socketPath, asked } = await daemon({});
    expect((await cli(['env', 'set', 'boards', ...words], { socketPath })).exit).toBe(2);
    expect(asked).toEqual([]);
  });

  test('`env unset` names the variables', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done({ site: 'boards', changed: [], restarted: false })]) });
    const { stdout } = await cli(['env', 'unset', 'boards', 'A', 'B'], { socketPath });
    expect(asked[0]?.body).toEqual({ kind: 'env-unset', site: 'boards', names: ['A', 'B'] });
    expect(stdout).toContain('Nothing to change');
  });
});

describe('down', () => {
  const result = { site: 'boards', removed: ['NGINX site'], kept: ['/var/lib/roadie/sites/boards/data'], trash: null };

  test('says what it deletes and asks for the name', async () => {
    const { socketPath, asked } = await daemon({ job: () => stream([done(result)]) });
    const ran = await cli(['down', 'boards', '--delete-data'], { socketPath, isTerminal: true, answers: ['boards'] });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('DELETED: its database');
    expect(asked.at(-1)?.body).toEqual({ kind: 'down', site: 'boards', delete_data: true });
  });

  test.each([['y'], ['shop'], ['']])('with the answer %j changes nothing', async (answer) => {
    const { socketPath, asked } = await daemon({});
    expect((await cli(['down', 'boards'], { socketPath, isTerminal: true, answers: [answer] })).exit).toBe(1);
    expect(asked.every((one) => one.endpoint === 'status')).toBe(true);
  });

  test('without a terminal needs --confirm with the right name', async () => {
    const { socketPath } = await daemon({ job: () => stream([done(result)]) });
    expect((await cli(['down', 'boards'], { socketPath })).stderr).toContain('$ roadie down boards --confirm boards');
    expect((await cli(['down', 'boards', '--confirm', 'shop'], { socketPath })).exit).toBe(2);
    expect((await cli(['down', 'boards', '--confirm', 'boards', '--json'], { socketPath })).json()).toEqual([result]);
  });
});

describe('this machine', () => {
  test('`ca` prints the certificate as it is', async () => {
    expect((await cli(['ca'])).stdout).toBe('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n');
  });

  test('`ca` and `trust` without an authority say how to get one', async () => {
    const authority = { read: () => Promise.resolve(undefined), trust: () => Promise.reject(new Error('asked')), distrust: () => Promise.reject(new Error('asked')) };
    for (const command of ['ca', 'trust']) expect((await cli([command], { overrides: { authority } })).exit).toBe(1);
  });

  test('`trust` tells what only a person can do, and --undo takes it back', async () => {
    expect((await cli(['trust'])).stdout).toContain('$ restart-browser');
    expect((await cli(['trust', '--undo'])).stdout).toContain('does not trust');
  });

  test('--version is the command', async () => {
    expect((await cli(['--version'])).stdout).toBe('roadie 0.1.0\n');
  });
});
