import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { everything, trespass, trespasses } from '../../test/rig/trespass.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { neighboursUpload } from './files.ts';
import { processesNow, processOf, statusField } from './processes.ts';
import { Treasure } from './treasure.ts';
import type { World } from './world.ts';

const trespasser = fileURLToPath(new URL('../../test/rig/trespasser.py', import.meta.url));

/** What the hostile site's live web server can do to paths, as {@link trespass} tells it. */
async function trespassAsSite(world: World, paths: readonly string[]): Promise<readonly string[]> {
  const program = await readFile(trespasser, 'utf8');
  return trespasses(
    await world.asSite(`import io, sys\nsys.stdin = io.StringIO(${JSON.stringify(JSON.stringify(paths))})\n${program}`),
  );
}

const matrix: Attack = {
  name: 'everything of the neighbour and of Roadie',
  who: 'broken-into site',
  how: 'each file, folder and socket of the installation that is not the site’s own was read, listed, written, added to or connected to from the live web server',
  promise: 'nothing works, but for what visitors get anyway',
  async run(world) {
    await neighboursUpload(world);
    const { box, mallory } = world;
    const own = [world.path(mallory), join(box.folder, 'run', mallory.name)];
    const paths = (await allOf(world)).filter((path) => !own.some((folder) => path.startsWith(folder)));
    const worked = await trespassAsSite(world, paths);
    return outcome(worked, `${paths.length} paths, nothing worked`);
  },
};

const stranger: Attack = {
  name: 'everything of both sites and of Roadie',
  who: 'local user',
  how: 'each file, folder and socket of the installation was read, listed, written, added to or connected to',
  promise: 'nothing works, but for what visitors get anyway',
  async run(world) {
    const paths = await allOf(world);
    return outcome(await trespass(paths, world.local.name), `${paths.length} paths, nothing worked`);
  },
};

/** Every path of Roadie's two folders: what else lies beside them is the bench's. */
async function allOf(world: World): Promise<readonly string[]> {
  const { folder } = world.box;
  return [...(await everything(join(folder, 'base'))), ...(await everything(join(folder, 'run')))];
}

const ownRelease: Attack = {
  name: 'its own release and config',
  who: 'broken-into site',
  how: 'each file and folder of its releases and its config was written or added to, and `current` was moved',
  promise: 'nothing works: what was broken into is as it was built after the next restart',
  async run(world) {
    const { mallory } = world;
    const paths = [
      ...(await everything(world.path(mallory, 'releases'))),
      ...(await everything(world.path(mallory, 'config'))),
      world.path(mallory),
      world.path(mallory, 'current'),
    ];
    const worked = (await trespassAsSite(world, paths)).filter((line) => / (?:write|add)/.test(line));
    const moved = await world.asSite(
      `import os\nfor act in (lambda: os.unlink(${JSON.stringify(world.path(mallory, 'current'))}), lambda: os.rename(${JSON.stringify(world.path(mallory, 'current'))}, "/tmp/x")):\n    try: act(); print("moved")\n    except OSError: pass\n`,
    );
    return outcome(
      [...worked, ...(moved.includes('moved') ? ['current was moved'] : [])],
      `${paths.length} paths, nothing worked`,
    );
  },
};

const signals: Attack = {
  name: 'processes of others',
  who: 'broken-into site',
  how: 'signals, `ptrace`, priorities and limits for every process of the machine, from the live web server',
  promise: 'only its own processes are reached, and only they are to be seen',
  async run(world) {
    const printed = await world.asSite(`
import ctypes, json, os, resource
libc = ctypes.CDLL(None, use_errno=True)
reached, seen = [], []
for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
    try: uid = os.stat("/proc/%d" % pid).st_uid
    except OSError: continue
    if uid == os.getuid(): continue
    try:
        with open("/proc/%d/cmdline" % pid) as file: line = file.read(60)
    except OSError: line = ""
    if line: seen.append(line.split("\\0")[0])
for pid in json.loads(${JSON.stringify(JSON.stringify(processesNow().map(({ pid }) => pid)))}):
    try:
        if os.stat("/proc/%d" % pid).st_uid == os.getuid(): continue
    except OSError: pass
    for what, act in (("signal", lambda: os.kill(pid, 0)), ("limits", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))), ("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))):
        try: act(); reached.append("%s of %d" % (what, pid))
        except (OSError, PermissionError): pass
print(json.dumps([reached, seen]))
`);
    const [reached, seen] = JSON.parse(printed) as [string[], string[]];
    const wrong = [
      ...reached,
      ...(seen.length > 0
        ? [
            `it sees the command lines of ${seen.length} processes of others: ${[...new Set(seen)].slice(0, 3).join(', ')}`,
          ]
        : []),
    ];
    return outcome(wrong, 'none reached, none seen');
  },
};

const databases: Attack = {
  name: 'out of its own databases',
  who: 'broken-into site',
  how: 'PostgreSQL: `COPY … PROGRAM`, `pg_read_file`, `lo_import`, untrusted languages, another role, `ALTER SYSTEM`; Redis: `CONFIG SET dir`, `MODULE LOAD`, `SLAVEOF`, `DEBUG`, `SHUTDOWN`, `ACL`',
  promise: 'all refused by role and ACL',
  async run(world) {
    const printed = await world.asSite(`
import json
from django.db import connection
worked, errors = [], []
for statement in ("COPY (SELECT 1) TO PROGRAM 'id'", "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "CREATE EXTENSION plpython3u", "CREATE LANGUAGE plperlu", "ALTER SYSTEM SET listen_addresses = '*'", "ALTER ROLE CURRENT_USER SUPERUSER", "SET ROLE postgres", "SELECT pg_ls_dir('.')", "COPY (SELECT 1) TO '/tmp/x'", "CREATE ROLE more LOGIN", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"):
    try:
        with connection.cursor() as cursor: cursor.execute(statement)
        worked.append(statement)
    except Exception as error: errors.append(type(error).__name__)
from django.core.cache import cache
client = cache._cache.get_client(None)
for words in (("CONFIG", "SET", "dir", "/tmp"), ("CONFIG", "GET", "*"), ("MODULE", "LOAD", "/tmp/x.so"), ("SLAVEOF", "127.0.0.1", "1"), ("REPLICAOF", "127.0.0.1", "1"), ("DEBUG", "JMAP"), ("ACL", "SETUSER", "more", "on", "nopass", "~*", "+@all"), ("BGREWRITEAOF",), ("SHUTDOWN", "NOSAVE")):
    try: client.execute_command(*words); worked.append("redis " + " ".join(words))
    except Exception as error: errors.append(type(error).__name__)
print(json.dumps([worked, sorted(set(errors))]))
`);
    if (!printed.startsWith('[')) throw new Error(printed.slice(0, 400));
    const [worked, errors] = JSON.parse(printed) as [string[], string[]];
    return outcome(worked, `21 tries: ${errors.join(', ')}`);
  },
};

const servers: Attack = {
  name: 'the servers of different sites',
  who: 'broken-into site',
  how: 'the users that PostgreSQL and Redis of both sites run as, and the TCP ports that they listen on',
  promise: 'no user is shared, also not with another site’s server; no port is open',
  async run(world) {
    const wrong: string[] = [];
    const users: string[] = [];
    for (const service of ['postgresql', 'redis']) {
      const uids: number[] = [];
      for (const site of [world.mallory, world.neighbour]) {
        const pid = await world.pid(site, service);
        uids.push(processOf(pid)?.uid ?? -1);
        const groups = statusField(pid, 'Groups') ?? '';
        users.push(`${service} ${uids.at(-1)}${groups === '' ? '' : ` (groups ${groups})`}`);
      }
      if (uids[0] === uids[1]) wrong.push(`${service} of both sites runs as user ${uids[0]}`);
      if (uids.includes(0)) wrong.push(`${service} runs as root`);
    }
    const tables = `${await readFile('/proc/net/tcp', 'utf8')}\n${await readFile('/proc/net/tcp6', 'utf8')}`;
    for (const uid of new Set(users.map((line) => line.split(' ')[1])))
      if (tables.split('\n').some((line) => / 0A /.test(line) && line.trim().split(/\s+/)[7] === uid))
        wrong.push(`user ${uid} listens on TCP`);
    return outcome(wrong, users.join(', '));
  },
};

const plantedLinks: Attack = {
  name: 'links where root will walk',
  who: 'broken-into site',
  how: 'links, pipes and a folder 2,000 deep in uploads, cache, data and the run folder, aimed at files of root’s; then `status`, a deploy, `env set`, `restart`, `stop` and `start`',
  promise: 'root changes, reads and waits for nothing behind them',
  async run(world) {
    const { mallory, box } = world;
    const treasure = await Treasure.lay(world);
    const folders = [
      world.path(mallory, 'data/media'),
      world.path(mallory, 'cache'),
      world.path(mallory, 'data'),
      world.path(mallory, 'logs'),
      world.path(mallory, 'data/postgresql'),
      world.path(mallory, 'data/redis'),
      join(box.folder, 'run', mallory.name, 'web'),
    ];
    const planted = await world.asSite(`
import os
count = 0
for folder in ${JSON.stringify(folders)}:
    for name, act in (("link-to-file", lambda path: os.symlink(${JSON.stringify(join(treasure.closed, 'secret.txt'))}, path)), ("link-to-folder", lambda path: os.symlink(${JSON.stringify(treasure.closed)}, path)), ("web.log", lambda path: os.symlink(${JSON.stringify(join(treasure.open, 'secret.txt'))}, path)), ("pipe", os.mkfifo)):
        try: act(os.path.join(folder, name)); count += 1
        except OSError: pass
    try:
        os.chdir(folder)
        for _ in range(2000): os.mkdir("d"); os.chdir("d")
        count += 1
    except OSError: pass
os.chdir("/")
print(count)
`);
    const ran = [
      await box.roadie(['status', '--json']),
      await world.deploy(mallory),
      await box.roadie(['env', 'set', mallory.name, 'PLANTED=1', '--wait']),
      await box.roadie(['restart', mallory.name]),
      await box.roadie(['stop', mallory.name]),
      await box.roadie(['start', mallory.name]),
      await box.roadie(['status', '--json']),
    ];
    const wrong = [...(await treasure.changed())];
    if (ran.some(({ all }) => all.includes(world.canary))) wrong.push('something printed the secret');
    const failed = ran.filter(({ code }) => code !== 0);
    if (failed.length > 0) wrong.push(`a command failed: ${failed[0]?.all.trim().slice(0, 160) ?? ''}`);
    return outcome(
      wrong,
      `${planted.trim()} things planted in ${folders.length} folders, ${ran.length} commands, nothing changed`,
    );
  },
};

const setuid: Attack = {
  name: 'a set-user-id program left for others',
  who: 'broken-into site',
  how: 'a copy of `python3` with the set-user-id bit in `/tmp`, `/var/tmp`, `/dev/shm`, uploads, cache and run folder; a local user then runs it',
  promise: 'the local user gets no process of the site’s user',
  async run(world) {
    const { mallory, box, local } = world;
    const folders = [
      '/tmp',
      '/var/tmp',
      '/dev/shm',
      world.path(mallory, 'data/media'),
      world.path(mallory, 'cache'),
      join(box.folder, 'run', mallory.name, 'web'),
    ];
    const name = `left-${mallory.name}`;
    const printed = await world.asSite(`
import json, os, shutil
left = []
for folder in ${JSON.stringify(folders)}:
    path = os.path.join(folder, ${JSON.stringify(name)})
    try:
        shutil.copyfile("/usr/bin/python3", path); os.chmod(path, 0o4755); left.append(path)
    except OSError: pass
print(json.dumps([os.getuid(), left]))
`);
    const [uid, left] = JSON.parse(printed) as [number, string[]];
    const wrong: string[] = [];
    for (const path of left) {
      const ran = await local.run([path, '-c', 'import os; print(os.geteuid())']).catch(() => undefined);
      if (ran?.stdout.trim() === String(uid)) wrong.push(`${path} makes anybody the site's user`);
    }
    await world.asSite(
      `import os\nfor path in ${JSON.stringify(left)}:\n    try: os.remove(path)\n    except OSError: pass\n`,
    );
    return outcome(wrong, `left in ${left.length} of ${folders.length} folders; a local user got nowhere`);
  },
};

const escapes: Attack = {
  name: 'escapes for root’s terminal',
  who: 'broken-into site',
  how: 'escape sequences (title, clipboard, colours, a cleared screen), false events and 200 kB in one line, written to the log; then `roadie logs`, and with `--json`',
  promise: 'none reaches the terminal',
  async run(world) {
    await world.asSite(
      `import sys\nfor text in ("\\x1b]0;owned\\x07", "\\x1b]52;c;b3duZWQ=\\x07", "\\x1b[2J\\x1b[31m", "\\x9b31m", "\\rError: all is lost", "\\u202eevil", "x" * 200000):\n    sys.stderr.write("escape " + text + "\\n")\nsys.stderr.flush()\n`,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const wrong: string[] = [];
    for (const words of [
      ['logs', world.mallory.name, '-n', '50'],
      ['logs', world.mallory.name, '-n', '50', '--json'],
      ['status'],
      ['events', '-n', '50'],
    ]) {
      const { all } = await world.box.roadie(words);
      if (words[0] === 'logs' && !all.includes('escape ')) throw new Error('the lines are not in the log');
      if (/(?![\n\t])[\p{Cc}\u202E]/u.test(all)) wrong.push(`roadie ${words.join(' ')} prints control characters`);
    }
    return outcome(wrong, '4 commands, no control character');
  },
};

export const betweenSitesArea: Area = {
  id: 'between-sites',
  title: 'Between sites',
  attacks: [matrix, stranger, ownRelease, signals, databases, servers, setuid, escapes, plantedLinks],
};
