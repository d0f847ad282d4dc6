import { typed } from '../../problems/shell-word.ts';
import { readFileSync } from 'node:fs';

import { ProblemError } from '../../problems/problem.ts';
import { run } from '../processes/run.ts';

/** A group as the system's database has it. */
export type Group = { readonly name: string; readonly gid: number; readonly members: readonly string[] };

/** Looks groups up, by name. Unknown ones are left out. */
export async function lookupGroups(names: readonly string[]): Promise<ReadonlyMap<string, Group>> {
  if (names.length === 0) return new Map();
  const result = await run(['getent', 'group', ...names], { timeoutSeconds: 20 });
  return new Map(parseGroups(result.stdout).map((group) => [group.name, group]));
}

/** Reads lines of group(5); malformed ones are left out. */
export function parseGroups(text: string): readonly Group[] {
  return text.split('\n').flatMap((line) => {
    const [name, , gid, members] = line.split(':');
    if (!name || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, gid: Number(gid), members: (members ?? '').split(',').filter((member) => member !== '') }];
  });
}

/** Makes a system group unless it exists, and puts users into it. Throws `root-needed` and `command-failed`. */
export async function ensureSystemGroup(name: string, members: readonly string[], log?: string): Promise<Group> {
  const options = { timeoutSeconds: 60, ...(log !== undefined && { log }) };
  const find = async (): Promise<Group | undefined> => (await lookupGroups([name])).get(name);
  const before = await find();
  const missing = members.filter((member) => before?.members.includes(member) !== true);
  if (before && missing.length === 0) return before;
  if (process.getuid?.() !== 0) {
    throw new ProblemError({
      code: 'root-needed',
      summary: `Only root can make the system group ${name}`,
      cure: ['Run the same command as root.'],
    });
  }
  const commands: (readonly [string, ...string[]])[] = [
    ...(before ? [] : [['/usr/sbin/groupadd', '--system', name] as const]),
    ...missing.map((member) => ['/usr/sbin/usermod', '--append', '--groups', name, member] as const),
  ];
  let words = '';
  for (const command of commands) words += (await run(command, options)).stderr;
  const after = await find();
  if (after && members.every((member) => after.members.includes(member))) return after;
  throw new ProblemError({
    code: 'command-failed',
    summary: `The system group ${name} could not be made`,
    detail: words.trim().slice(-2000),
    cure: [
      'If another program holds /etc/group.lock or /etc/.pwd.lock, wait for it and run the same command again.',
      ...commands.map((command) => `$ ${command.map(typed).join(' ')}`),
    ],
  });
}

/** The supplementary groups of a process; undefined where it is gone. */
export function groupsOfProcess(pid: number): readonly number[] | undefined {
  try {
    const line = /^Groups:(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';
    return line.split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

/** The command line of a process, its words joined by blanks; undefined where it is gone. */
export function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return undefined;
  }
}
