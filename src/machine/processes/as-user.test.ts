import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { asUser } from './as-user.ts';
import { isRoot } from '../system.ts';

const user = { name: 'nobody', uid: 65_534, gid: 65_534 };

describe('a command as a user', () => {
  it("has that user's ids, no other groups and no way to more rights", () => {
    expect(asUser({ name: 'roadie-shop', uid: 901, gid: 902 }, { command: ['true'], environment: {} }).command).toEqual(
      [
        '/usr/bin/setpriv',
        '--reuid=901',
        '--regid=902',
        '--clear-groups',
        '--no-new-privs',
        '--',
        '/bin/sh',
        '-c',
        'umask 027; unset PWD; exec "$@"',
        'sh',
        'true',
      ],
    );
  });

  it('has the supplementary groups that are named', () => {
    const { command } = asUser({ ...user, groups: [3, 4] }, { command: ['true'], environment: {} });
    expect(command).toContain('--groups=3,4');
  });

  it('is itself without a user', () => {
    const spawned = { command: ['true', 'x'], environment: { A: 'b' } } as const;
    expect(asUser(undefined, spawned)).toBe(spawned);
  });

  it('tells no value in its argv, and root’s programs none of its variables', () => {
    const { command, environment } = asUser(user, {
      command: ['true'],
      environment: { LD_PRELOAD: '/site/evil.so', PATH: '/site/bin' },
    });
    expect(command.join(' ')).not.toContain('/site/');
    expect(Object.keys(environment)).toEqual(['_0', '_1']);
  });

  it.runIf(isRoot())('sees exactly the environment that was meant for it', () => {
    const environment = { A: '1', SECRET: `a"b'c$(id)\nd`, PATH: '/usr/bin:/bin' };
    const {
      command: [program, ...rest],
      environment: passed,
    } = asUser(user, { command: ['/usr/bin/env', '-0'], environment });
    const { stdout } = spawnSync(program, rest, { env: passed, encoding: 'utf8', cwd: '/' });
    const seen = stdout.split('\0').filter(Boolean).toSorted();
    expect(seen).toEqual(
      Object.entries(environment)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    );
  });

  it.runIf(isRoot()).each(['000', '022', '077'])(
    'writes for itself and its group, also where it is started with the umask %s',
    (umask) => {
      const {
        command: [program, ...rest],
        environment,
      } = asUser(user, { command: ['/bin/sh', '-c', 'umask'], environment: {} });
      const words = ['-c', `umask ${umask}; exec "$@"`, 'sh', program, ...rest];
      expect(spawnSync('/bin/sh', words, { env: environment, encoding: 'utf8', cwd: '/' }).stdout).toBe('0027\n');
    },
  );

  it.runIf(isRoot())('runs no code of the project as root, whatever its variables say', () => {
    const trace = `/tmp/roadie-as-user-${process.pid}`;
    writeFileSync(`${trace}.sh`, `echo "$(id -u)" >>${trace}\n`);
    const {
      command: [program, ...rest],
      environment,
    } = asUser(user, {
      command: ['/usr/bin/true'],
      environment: { LD_DEBUG: 'all', LD_DEBUG_OUTPUT: trace, ENV: `${trace}.sh`, BASH_ENV: `${trace}.sh` },
    });
    expect(spawnSync(program, rest, { env: environment, cwd: '/' }).status).toBe(0);
    // The loader writes a file of the process's own user: it must be nobody's.
    const { stdout } = spawnSync(
      '/usr/bin/find',
      ['/tmp', '-maxdepth', '1', '-name', `${trace.slice(5)}*`, '-uid', '0', '-not', '-name', '*.sh'],
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('');
    spawnSync('/bin/sh', ['-c', `rm -f ${trace}*`]);
  });
});
