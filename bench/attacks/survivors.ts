import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { type Area, type Attack, outcome } from './attack.ts';
import { processesNow } from './processes.ts';
import { BenchSite } from './sites.ts';
import { Treasure } from './treasure.ts';
import { usersAt } from './world.ts';

/** Python that leaves a process behind which gives itself a name, gets new pids all the time, is deaf to SIGTERM, and ends after a minute. */
export function survivor(name: string): string {
  return `
import ctypes, os, signal, time
def leave():
    if os.fork(): return
    os.setsid()
    if os.fork(): os._exit(0)
    libc = ctypes.CDLL(None)
    libc.prctl(15, ${JSON.stringify(name)}.encode(), 0, 0, 0)
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT): signal.signal(each, signal.SIG_IGN)
    empty = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3): os.dup2(empty, descriptor)
    os.closerange(3, 256)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.02)
        try:
            if os.fork(): os._exit(0)
        except OSError: pass
    os._exit(0)
leave()
`;
}

const withName = (name: string): number => processesNow().filter((seen) => seen.name === name).length;

/** Looks for it some times: it is between two pids now and then. */
async function lives(name: string): Promise<boolean> {
  for (let look = 0; look < 20; look += 1) {
    if (withName(name) > 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return false;
}

/** Ends what the attack left, by pid and by the name that only it has. */
async function end(name: string): Promise<void> {
  for (let calm = 0; calm < 20;) {
    const left = processesNow().filter((seen) => seen.name === name);
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went on under another pid.
      }
    }
    calm = left.length === 0 ? calm + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether it is still there after so many seconds. */
async function outlives(name: string, seconds: number): Promise<boolean> {
  const until = performance.now() + seconds * 1000;
  while (await lives(name)) if (performance.now() > until) return true;
  return false;
}

async function endedBy(name: string, what: string): Promise<readonly string[]> {
  const still = await lives(name);
  await end(name);
  return still ? [`a process lives on after ${what}`] : [];
}

const ofRun: Attack = {
  name: 'a process left by `roadie run`',
  who: 'broken-into site',
  how: '`fork`, `setsid`, `fork`, deaf to SIGTERM, a new pid every 20 ms, started through `roadie run`',
  promise: 'it ends with the command',
  async run(world) {
    const name = 'left-by-run';
    const ran = await world.box.roadie([
      'run',
      world.mallory.name,
      '--',
      'shell',
      '-c',
      `${survivor(name)}\nprint("left")`,
    ]);
    if (!ran.all.includes('left')) throw new Error(ran.all);
    return outcome(await endedBy(name, '`run`'), 'gone when the command had ended');
  },
};

const ofBuild: Attack = {
  name: 'a process left by a build',
  who: 'committer',
  how: 'the same, started by `collectstatic`, once holding the build’s output open',
  promise: 'it ends with the build, and the deploy does not wait for it',
  async run(world) {
    const { mallory } = world;
    const name = 'left-by-build';
    const wrong: string[] = [];
    const seconds: number[] = [];
    for (const holds of [false, true]) {
      const program = survivor(name);
      await mallory.commit({
        'door/build.py': holds ? program.replace(/ {4}empty = [\s\S]*?closerange\(3, 256\)\n/, '') : program,
        'notes/static/notes/left.css': `a { order: ${holds ? 1 : 2} }\n`,
      });
      const start = performance.now();
      await world.must(world.deploy(mallory));
      seconds.push((performance.now() - start) / 1000);
      wrong.push(...(await endedBy(name, 'the deploy')));
    }
    const [first = 0, second = 0] = seconds;
    if (second > first + 30) wrong.push(`a deploy waited ${second.toFixed(0)} s for it`);
    await rm(join(mallory.project.folder, 'door/build.py'));
    mallory.repository.push('leaves nothing');
    await world.must(world.deploy(mallory));
    return outcome(
      wrong,
      `gone when the deploy had ended; the deploys took ${seconds.map((each) => each.toFixed(0)).join(' and ')} s`,
    );
  },
};

const ofService: Attack = {
  name: 'a process left by the live site',
  who: 'broken-into site',
  how: 'the same, started in the web server; then `restart`, and `stop`',
  promise: 'it is gone after `stop`, and a new release does not inherit it',
  async run(world) {
    const { mallory, box } = world;
    const name = 'left-by-site';
    await world.asSite(survivor(name));
    if (!(await lives(name))) throw new Error('the survivor did not start');
    await world.must(box.roadie(['restart', mallory.name]));
    // The process that is replaced finishes its requests first.
    const afterRestart = await outlives(name, 45);
    await world.must(box.roadie(['stop', mallory.name]));
    const wrong = await endedBy(name, '`stop`');
    await world.must(box.roadie(['start', mallory.name]));
    return outcome([...wrong, ...(afterRestart ? ['it lives on after `restart`'] : [])], 'gone after `restart`');
  },
};

const ofDown: Attack = {
  name: 'what is left after `down --delete-data`',
  who: 'broken-into site',
  how: 'a third site left processes through its web server and `roadie run`, links to root’s files and a folder 2,000 deep in its data; then `down --delete-data`',
  promise: 'no process, user, socket or folder of it is left, and nothing behind a link is gone',
  async run(world) {
    const { box } = world;
    const name = box.name('gone');
    const site = await BenchSite.make(name, { open: true });
    const treasure = await Treasure.lay(world);
    await world.must(box.up(site.repository.url, name, '--yes'));
    const deep = `
import os
from django.conf import settings
root = str(settings.MEDIA_ROOT)
for link, target in (("link", ${JSON.stringify(treasure.closed)}), ("file", ${JSON.stringify(join(treasure.open, 'secret.txt'))})):
    os.symlink(target, os.path.join(root, link))
os.chdir(root)
for _ in range(2000): os.mkdir("d"); os.chdir("d")
os.chdir("/")
`;
    const left = await world.get(site, '/door/', { method: 'POST', body: survivor('left-in-web') + deep });
    if (left.status !== 200 || left.body.includes('raised')) throw new Error(left.body.slice(0, 400));
    await box.roadie(['run', name, '--', 'shell', '-c', survivor('left-in-run')]);
    const users = await usersAt(join(box.folder, 'base/sites', name));
    const ran = await box.roadie(['down', name, '--delete-data', '--confirm', name]);
    const wrong = [
      ...(await endedBy('left-in-web', '`down`')),
      ...(await endedBy('left-in-run', '`down`')),
      ...(await treasure.changed()),
    ];
    if (ran.code !== 0) wrong.push(`down failed: ${ran.all.trim().slice(-200)}`);
    const uids = new Set(users.map(({ uid }) => uid));
    const alive = processesNow().filter(({ uid }) => uids.has(uid));
    if (alive.length > 0) wrong.push(`${alive.length} processes of its users are left`);
    for (const path of [join(box.folder, 'base/sites', name), join(box.folder, 'run', name)])
      if (await lstat(path).catch(() => undefined)) wrong.push(`${path} is left`);
    for (const folder of [site.repository.work, site.repository.bare])
      await rm(folder, { recursive: true, force: true });
    return outcome(wrong, `nothing left of ${users.length} users`);
  },
};

export const survivorsArea: Area = {
  id: 'survivors',
  title: 'What survives its site (4)',
  attacks: [ofRun, ofBuild, ofService, ofDown],
};
