import { describe, expect, test } from 'vitest';

import { daemon, value } from '../../test/rig/fake-daemon.ts';
import { cli } from '../../test/rig/fake-terminal.ts';
import { status } from '../../test/rig/canned.ts';
import { commands } from './commands/index.ts';
import { describeCommands } from './program.ts';

describe('every command', () => {
  test.each(commands.map((command) => command.name))(
    '%s has a help with an example, on standard output',
    async (name) => {
      const { exit, stdout, stderr } = await cli([...name.split(' '), '--help']);
      expect(exit).toBe(0);
      expect(stdout).toContain(`Usage: roadie ${name}`);
      expect(stdout).toContain('  $ ');
      expect(stderr).toBe('');
    },
  );

  test.each(commands.map((command) => command.name))(
    '%s has an example that begins with the command itself',
    (name) => {
      const examples =
        commands.find((command) => command.name === name)?.examples.map((example) => example.command) ?? [];
      expect(examples.filter((example) => example.includes(`roadie ${name}`))).toEqual(examples);
    },
  );

  test('is described as data, but for the hidden ones', () => {
    const names = describeCommands().map((command) => command.name);
    expect(names).toContain('env set');
    expect(names).not.toContain('__complete');
    expect(names).not.toContain('daemon run');
    expect(describeCommands().find((command) => command.name === 'logs')?.options).toContainEqual({
      flags: '-n, --lines <N>',
      about: expect.stringContaining('how many'),
    });
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
    expect(json()).toEqual([
      {
        problems: [
          {
            code: 'bad-arguments',
            summary: "roadie up: unknown option '--nmae'",
            cure: ['Did you mean --name?', '$ roadie up --help'],
          },
        ],
      },
    ]);
  });

  test.each([
    [['plan']],
    [['logs', '-n', 'many']],
    [['status', 'boards', 'extra']],
    [['up', '--http-port', '-1', '--yes']],
    [['env', 'sett', 'x']],
    [['completion', 'tcsh']],
  ])('%j ends with 2 and a cure', async (argv) => {
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
    const { exit, stderr } = await cli(['ca'], {
      overrides: {
        authority: {
          read: () => Promise.reject(new Error('boom')),
          trust: () => Promise.reject(new Error()),
          distrust: () => Promise.reject(new Error()),
        },
      },
    });
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
    expect(stderr).toContain('roadie daemon upgrade');
  });

  test('hands over to the one of systemd at `daemon install`', async () => {
    const { exit, stdout } = await cli(['daemon', 'install']);
    expect(exit).toBe(0);
    expect(stdout).toContain('/etc/systemd/system/roadie.service');
  });
});

describe('this machine', () => {
  test('`ca` prints the certificate as it is', async () => {
    expect((await cli(['ca'])).stdout).toBe('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n');
  });

  test('`ca` and `trust` without an authority say how to get one', async () => {
    const authority = {
      read: () => Promise.resolve([]),
      trust: () => Promise.reject(new Error('asked')),
      distrust: () => Promise.reject(new Error('asked')),
    };
    for (const command of ['ca', 'trust']) expect((await cli([command], { overrides: { authority } })).exit).toBe(1);
  });

  test('`trust` tells what only a person can do, and --undo takes it back', async () => {
    expect((await cli(['trust'])).stdout).toContain('$ restart-browser');
    expect((await cli(['trust', '--undo'])).stdout).toContain('does not trust');
  });

  test('`trust` trusts every authority, and tells of one that may sign for every name', async () => {
    const asked: string[] = [];
    const report = (pem: string) => (
      asked.push(pem),
      Promise.resolve({ changed: pem === 'two', advice: ['the same'] })
    );
    const authority = {
      read: () =>
        Promise.resolve([
          { pem: 'one', anyName: true },
          { pem: 'two', anyName: false },
        ]),
      trust: report,
      distrust: report,
    };
    const { stdout } = await cli(['trust'], { overrides: { authority } });
    expect(asked).toEqual(['one', 'two']);
    expect(stdout).toContain('now trusts');
    expect(stdout).toContain('may sign for every name');
    expect(stdout.match(/the same/g)).toHaveLength(1);
  });

  test('--version is the command', async () => {
    expect((await cli(['--version'])).stdout).toBe('roadie 0.1.0\n');
  });
});
