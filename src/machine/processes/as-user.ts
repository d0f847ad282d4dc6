import type { RunAs } from '../../services/service.ts';

/** What is spawned: argv, and the whole environment. */
export type Spawned = {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
};

/** Names that a shell can set. Nothing that is configured has others (a terminal's functions do: they are left out). */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The same command as a user: with its ids and its supplementary groups alone, and without a way to gain more rights by a
 * set-user-id program. Without a user, as it was.
 *
 * Programs that still run as root on the way must not see the command's environment, which is the project's to choose:
 * LD_PRELOAD or PATH would make them run its code. So its values travel under numbers, and a shell that already runs as the
 * user gives them their names. Values stand in no argv. (setpriv is util-linux's, which every Debian has.)
 */
export function asUser(user: RunAs | undefined, spawned: Spawned): Spawned {
  if (!user) return spawned;
  const groups =
    user.groups === undefined || user.groups.length === 0 ? '--clear-groups' : `--groups=${user.groups.join(',')}`;
  const variables = Object.entries(spawned.environment).filter(([name]) => shellName.test(name));
  const names = variables.map(([name], index) => `export ${name}="$_${index}"; unset _${index}`);
  const shell = [...names, 'exec "$@"'].join('; ');
  return {
    command: [
      '/usr/bin/setpriv',
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      groups,
      '--no-new-privs',
      '--',
      '/bin/sh',
      '-c',
      // What a site writes is nobody else's, whatever the daemon was started with. The shell adds PWD to an environment that is
      // meant to be exact.
      `umask 027; unset PWD; ${shell}`,
      'sh',
      ...spawned.command,
    ],
    environment: Object.fromEntries(variables.map(([, value], index) => [`_${index}`, value])),
  };
}
