import { typed } from '../../problems/shell-word.ts';
import { userInfo } from 'node:os';

import { type Problem, ProblemError } from '../../problems/problem.ts';
import type { RunAs } from '../../services/service.ts';
import { run } from '../processes/run.ts';

/** A user as the system's user database has it. */
export type User = RunAs & { readonly home: string; readonly shell: string };

/** The user this program runs as. */
export function currentUser(): User {
  const found = userInfo();
  return { name: found.username, uid: found.uid, gid: found.gid, home: found.homedir, shell: found.shell ?? '' };
}

/** Looks users up, by name (getent: LDAP and the like count too). Unknown ones are left out. */
export async function lookupUsers(names: readonly string[]): Promise<ReadonlyMap<string, User>> {
  if (names.length === 0) return new Map();
  const result = await run(['getent', 'passwd', ...names], { timeoutSeconds: 20 });
  return new Map(parsePasswd(result.stdout).map((user) => [user.name, user]));
}

/** One user, or undefined where there is none of that name. */
export async function lookupUser(name: string): Promise<User | undefined> {
  return (await lookupUsers([name])).get(name);
}

/** Reads lines of passwd(5); malformed ones are left out. */
export function parsePasswd(text: string): readonly User[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid, , home, shell] = line.split(':');
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home: home ?? '', shell: shell ?? '' }];
  });
}

/**
 * Makes a system user with a group of its own name, no password and no shell, unless it exists. The home folder itself is made by
 * whoever owns the layout. One of that name with another home is somebody else's. Throws `user-taken`, `root-needed` and
 * `command-failed`.
 */
export async function ensureSystemUser(name: string, home: string, log?: string): Promise<User> {
  const before = await lookupUser(name);
  if (before && before.home === home) return before;
  if (before) throw new ProblemError(taken(before, home));
  if (process.getuid?.() !== 0) {
    throw new ProblemError({
      code: 'root-needed',
      summary: `Only root can make the system user ${name}`,
      cure: ['Run the same command as root.'],
    });
  }
  // A kill between group and user leaves the group alone: then the user is put into it, as --user-group would refuse it.
  const group = await run(['getent', 'group', name], { timeoutSeconds: 20 });
  const membership = group.code === 0 ? ['--gid', name] : ['--user-group'];
  const command: [string, ...string[]] = [
    'useradd',
    '--system',
    ...membership,
    '--no-create-home',
    '--home-dir',
    home,
    '--shell',
    '/usr/sbin/nologin',
    '--comment',
    'Site run by Roadie',
    name,
  ];
  const result = await run(command, { timeoutSeconds: 60, ...(log !== undefined && { log }) });
  const after = await lookupUser(name);
  if (after && after.home === home) return after;
  throw new ProblemError({
    code: 'command-failed',
    summary: `The system user ${name} could not be made: ${command[0]} ended with ${result.code}`,
    detail: result.stderr.trim().slice(-2000),
    cure: [
      'If another program holds /etc/passwd.lock or /etc/.pwd.lock, wait for it and run the same command again.',
      `$ ${command.map(typed).join(' ')}`,
    ],
  });
}

/** Removes a user that Roadie made, with its group; its files stay. */
export async function removeSystemUser(name: string): Promise<void> {
  if (await lookupUser(name)) await run(['userdel', name], { timeoutSeconds: 60 });
}

function taken(user: User, home: string): Problem {
  return {
    code: 'user-taken',
    summary: `There is a system user ${user.name} already, and it is not this site's: its home is ${user.home}, not ${home}`,
    where: { file: '/etc/passwd' },
    cure: [
      'Choose another name for the site: `--name NAME`.',
      'Or remove that user, where nothing on this machine needs it any more: its files would be whose the next user is that gets its number.',
      `$ find / -xdev -user ${user.name} -print -quit`,
      `$ userdel ${user.name}`,
    ],
  };
}
