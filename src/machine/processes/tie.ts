/** What commands see when nobody says otherwise. */
export const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
};

/**
 * A command that the kernel ends when this process is killed. (setpriv is util-linux's, which every Debian has.) This process may
 * die before the kernel knows of the wish: the shell looks whether it is still the parent, and becomes the command only then.
 */
export function tie(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const guard = ['/bin/sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid)];
  return ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--', ...guard, ...command];
}
