import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { ProblemError } from '../../problems/problem.ts';
import type { RunAs } from '../../services/service.ts';
import { readText } from '../files/files.ts';
import { run } from './run.ts';
import { isRoot } from '../system.ts';
import { currentUser, parsePasswd } from '../users/users.ts';

/** Who may be ended: users that Roadie makes for its sites all have it. */
const ownPrefix = 'roadie-';

/** Ids below are the distribution's own users. */
const firstUid = 100;

/** What has been sent SIGKILL is gone within milliseconds, unless it hangs in the kernel. */
const patienceMs = 10_000;

/**
 * One `kill(-1, SIGKILL)` as the user: the kernel signals all its processes in one go, holding up those that fork meanwhile,
 * which no list of processes can. Only the effective id is the user's. The others are nobody's at all: an id above all that
 * systems give away, so that nothing of the user's may signal this process first, and it may signal nobody else's.
 */
const killAll = `import os, sys
user, strange = int(sys.argv[1]), 4294967290
os.setgroups([])
try:
    os.setresgid(strange, strange, strange)
    os.setresuid(strange, user, strange)
except OSError:
    # A container may not have that id.
    os.setresuid(user, user, user)
try:
    os.kill(-1, 9)
except ProcessLookupError:
    pass
`;

/**
 * Ends all processes of a site's user, whatever session, group or namespace they are in, and resolves when none is left. Needs
 * root, and throws for every user but those that Roadie has made for sites. Problem: `processes-left`.
 */
export async function endUser(user: Pick<RunAs, 'name' | 'uid'>): Promise<void> {
  await requireOwn(user);
  const deadline = performance.now() + patienceMs;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const ended = await run(['/usr/bin/python3', '-I', '-S', '-c', killAll, String(user.uid)], { timeoutSeconds: 20 });
    const left = processesOf(user.uid);
    if (ended.code === 0 && left.length === 0) return;
    if (performance.now() > deadline) throw processesLeft(user, left, ended.stderr);
    await delay(pause);
  }
}

/** The processes that have a user's id as any of their own, without those that are dead and only waited for. Source: proc_pid_status(5). */
export function processesOf(uid: number): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) && hasId(name, String(uid)) ? [Number(name)] : []));
}

/** The processes that work in a folder or below it. */
export function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const path = /^\d+$/.test(name) ? readlinkSync(`/proc/${name}/cwd`) : '';
      return path === folder || path.startsWith(`${folder}/`) ? [Number(name)] : [];
    } catch {
      return []; // it has ended
    }
  });
}

function hasId(pid: string, uid: string): boolean {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return false; // it has ended
  }
  const ids = /^Uid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
  // Where the first thread of several has ended, the process looks like a zombie and lives on.
  const dead = /^State:\t[ZX]/m.test(status) && /^Threads:\t[01]$/m.test(status);
  return ids.includes(uid) && !dead;
}

/** Killing everything of a user is for users of sites alone: the wrong one would take the machine down. */
async function requireOwn({ name, uid }: Pick<RunAs, 'name' | 'uid'>): Promise<void> {
  // Roadie makes them on this machine: no other source of users counts.
  const found = parsePasswd((await readText('/etc/passwd')) ?? '').filter(
    (user) => user.name === name || user.uid === uid,
  );
  const own =
    isRoot() &&
    name.startsWith(ownPrefix) &&
    Number.isInteger(uid) &&
    uid >= firstUid &&
    uid !== 65_534 &&
    uid !== currentUser().uid &&
    // Neither its name nor its id is anybody else's.
    found.length === 1 &&
    found.every((user) => user.name === name && user.uid === uid);
  if (!own) throw new Error(`${name} (${uid}) is not a site's user: its processes are not ended`);
}

function processesLeft(user: Pick<RunAs, 'name'>, pids: readonly number[], words: string): ProblemError {
  const names = pids.slice(0, 10).join(', ');
  return new ProblemError({
    code: 'processes-left',
    summary:
      pids.length === 0
        ? `The processes of ${user.name} could not be ended`
        : `${pids.length} processes of ${user.name} do not end, though they were killed: ${names}`,
    ...(words.trim() !== '' && { detail: words.trim().slice(-1000) }),
    cure: [
      'Look what they hang in; a process in state D waits for a disk or a network file system.',
      `$ ps -u ${user.name} -o pid,stat,wchan:30,args`,
    ],
  });
}
