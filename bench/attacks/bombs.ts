import { runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome, type Outcome } from './attack.ts';
import { Customer, type Met } from './customer.ts';
import { type Limits, limitsOf } from './limits.ts';
import { statusField } from './processes.ts';
import { config } from './sites.ts';
import type { World } from './world.ts';
import { until } from '../faults/until.ts';

const seconds = 20;

/** The neighbour's p99 over some seconds, quiet. The better of two, as the machine may be at other work. */
async function quiet(world: World): Promise<Met> {
  const one = (): Promise<Met> => new Customer(world.box.ports.https, world.neighbour.domain).during('/rows/', 4000);
  const [first, second] = [await one(), await one()];
  return first.p99Ms < second.p99Ms ? first : second;
}

/** The machine may be at other work in a moment: the best of so many counts, as it does for what is quiet. */
const tries = 3;

/** Runs a bomb in the live hostile site while a customer uses the neighbour, and judges what both became. */
async function burst(
  world: World,
  python: string,
  isSafe: (limits: Limits) => string | undefined,
  left = tries,
): Promise<Outcome> {
  const { mallory, neighbour, box } = world;
  const unsafe = isSafe(limitsOf(await world.pid(mallory, 'web')));
  if (unsafe !== undefined) return { notRun: unsafe };
  const before = await quiet(world);
  const { daemon } = await world.status();
  const seen = (await world.events()).length;
  const customer = new Customer(box.ports.https, neighbour.domain);
  const bomb = world.asSite(python).catch(() => undefined);
  const met = await customer.during('/rows/', seconds * 1000);
  await bomb;
  const back = await until('the hostile site to answer again', 90_000, async () => {
    return (await world.get(mallory, '/health/')).status === 200;
  }).then(
    () => true,
    () => false,
  );
  const slower = met.p99Ms > 2 * before.p99Ms;
  const well = (await world.status()).daemon.pid === daemon.pid;
  if (slower && met.failed.length === 0 && back && well && left > 1) return burst(world, python, isSafe, left - 1);
  const change = `${before.p99Ms.toFixed(0)} → ${met.p99Ms.toFixed(0)} ms`;
  const wrong = [
    ...(met.failed.length > 0
      ? [`${met.failed.length} of ${met.asked} requests to the neighbour failed (${met.failed[0] ?? ''})`]
      : []),
    ...(slower ? [`the neighbour’s p99 went ${change}, the best of ${tries}`] : []),
    ...(well ? [] : ['the daemon was started anew']),
    ...(back ? [] : ['the hostile site does not come back']),
  ];
  const news = (await world.events()).slice(seen).filter((event) => event.site === mallory.name);
  const words = news.flatMap((event) => ('text' in event ? [event.text] : []));
  return outcome(
    wrong,
    `p99 of the neighbour ${change}, 0 of ${met.asked} failed; ${words.length === 0 ? 'no event' : `event: ${words[0]?.slice(0, 120) ?? ''}`}`,
  );
}

const forks: Attack = {
  name: 'a fork bomb',
  who: 'broken-into site',
  how: `processes that fork for ${seconds} s as fast as they can (never more than 4,000 by the bench’s own bound)`,
  promise: 'it stays within its site: the neighbour’s p99 at most doubles, the daemon is well, the site comes back',
  run: (world) =>
    burst(
      world,
      `
import os, resource, signal, time
hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
resource.setrlimit(resource.RLIMIT_NPROC, (4000 if hard == resource.RLIM_INFINITY else min(4000, hard), hard))
until = time.monotonic() + ${seconds}
made, refused = 0, 0
def spin():
    signal.alarm(${seconds + 2})
    while time.monotonic() < until:
        try:
            if os.fork() == 0: signal.alarm(${seconds + 2})
        except OSError: time.sleep(0.001)
    os._exit(0)
for _ in range(20):
    try:
        if os.fork() == 0: spin()
        made += 1
    except OSError: refused += 1
print("started", made, "refused", refused)
`,
      ({ processes }) =>
        processes === undefined || processes > 4000 ? 'no limit of processes is in force here' : undefined,
    ),
};

const memory: Attack = {
  name: 'a memory bomb',
  who: 'broken-into site',
  how: 'with `[limits] memory_mb = 700`, the live web server took memory until it was stopped, at most twice that',
  promise: 'as above; the kernel ends only processes of that site',
  async run(world) {
    const { mallory } = world;
    // Its usual limit is most of the machine: too much to take from a machine that others use.
    await mallory.commit({ 'roadie.toml': `${config([mallory.domain])}\n[limits]\nmemory_mb = 700\n` });
    await world.must(world.deploy(mallory));
    const { memoryBytes = 0 } = limitsOf(await world.pid(mallory, 'web'));
    const met = await burst(
      world,
      `
import os, time
if os.fork() == 0:
    kept = []
    until = time.monotonic() + ${seconds}
    while time.monotonic() < until and len(kept) < ${Math.ceil((memoryBytes * 2) / 2 ** 24)}: kept.append(bytearray(os.urandom(1 << 12) * (1 << 12)))
    time.sleep(max(0, until - time.monotonic()))
    os._exit(0)
print("started")
`,
      (limits) =>
        limits.memoryBytes === undefined || limits.memoryBytes > 2 ** 30
          ? 'no limit of memory is in force here'
          : undefined,
    );
    await mallory.commit({ 'roadie.toml': config([mallory.domain]) });
    await world.must(world.deploy(mallory));
    return met;
  },
};

const disk: Attack = {
  name: 'a disk bomb',
  who: 'broken-into site',
  how: 'uploads and cache were filled until no more went in, on a disk of 4 GB that both sites share',
  promise: 'the neighbour answers, the daemon is well, and a deploy is refused before it begins',
  async run(world) {
    if (!world.ownDisk) return { notRun: 'there is no disk of the bench’s own to fill' };
    const { mallory, neighbour } = world;
    const { daemon } = await world.status();
    const folders = [world.path(mallory, 'data/media'), world.path(mallory, 'cache')];
    const customer = new Customer(world.box.ports.https, neighbour.domain);
    const filling = world.asSite(`
import os
total = 0
for folder in ${JSON.stringify(folders)}:
    try:
        with open(os.path.join(folder, "full"), "wb", buffering=0) as file:
            while total < 5 << 30: total += file.write(b"x" * (1 << 22))
    except OSError as error: print(folder.split("/")[-1], error.strerror)
print(total >> 20, "MB")
`);
    const met = await customer.during('/health/', seconds * 1000);
    const said = await filling;
    const wrong: string[] = [];
    if (met.failed.length > 0) wrong.push(`${met.failed.length} of ${met.asked} requests to the neighbour failed`);
    await neighbour.commit({ 'notes/version.py': 'VERSION = "full"\n' });
    const refused = await world.deploy(neighbour);
    const space = /disk-full|Only .* free|No space|disk space/i.test(refused.all);
    if (refused.code === 0) wrong.push('a deploy went through on a full disk');
    else if (!space) wrong.push(`the deploy failed otherwise: ${refused.all.trim().slice(0, 200)}`);
    await runCommand(['rm', '-f', ...folders.map((folder) => `${folder}/full`)]);
    const status = await world.status();
    if (status.daemon.pid !== daemon.pid) wrong.push('the daemon was started anew');
    await world.must(world.deploy(neighbour));
    return outcome(
      wrong,
      `${said.trim().replaceAll('\n', ', ')} went in; 0 of ${met.asked} requests to the neighbour failed; the deploy was refused: ${/\(([a-z-]+)\)$/m.exec(refused.all)?.[1] ?? refused.code}`,
    );
  },
};

const sockets: Attack = {
  name: '10,000 open sockets',
  who: 'broken-into site',
  how: '10 processes of the live site opened 1,000 sockets each and kept them',
  promise: 'as above',
  run: (world) =>
    burst(
      world,
      `
import os, socket, time
made = 0
for _ in range(10):
    try:
        if os.fork() == 0:
            kept = []
            try:
                for _ in range(500): kept.append(socket.socketpair())
            except OSError: pass
            time.sleep(${seconds}); os._exit(0)
        made += 1
    except OSError: break
print(made, "processes")
`,
      ({ processes }) => (processes === undefined ? 'no limits are in force here' : undefined),
    ),
};

const confined: Attack = {
  name: 'what it is confined to',
  who: 'broken-into site',
  how: 'the live web server, `roadie run` and a build looked at what they are held to: new rights, `/tmp` of others, `/dev`, the rest of the system',
  promise: '`NoNewPrivs`, limits of processes, memory and files, a private `/tmp`, no device, a read-only system',
  async run(world) {
    const { mallory, box } = world;
    const wrong: string[] = [];
    const program = `
import json, os, stat
told = {}
with open("/proc/self/status") as file: told["new"] = [line.split()[1] for line in file if line.startswith("NoNewPrivs")][0]
mark = "/tmp/mark-${mallory.name}"
open(mark, "w").close()
told["mark"] = mark
writable = []
for place in ("/var/tmp", "/dev/shm", "/run/lock", "/var/lock", "/var/crash", "/var/spool/cron", "/mnt", "/srv", "/opt", "/usr/local", "/etc"):
    try:
        name = os.path.join(place, ".mark-${mallory.name}")
        open(name, "w").close(); writable.append(name)
    except OSError: pass
told["writable"] = writable
devices = []
for name in os.listdir("/dev"):
    path = "/dev/" + name
    try:
        if stat.S_ISBLK(os.stat(path).st_mode) or name in ("mem", "kmsg", "kvm", "fuse", "loop-control", "net"): devices.append(name)
    except OSError: pass
told["devices"] = devices
told["pids"] = len([name for name in os.listdir("/proc") if name.isdigit()])
told["others"] = len([name for name in os.listdir("/proc") if name.isdigit() and os.stat("/proc/" + name).st_uid != os.getuid()])
print("told=" + json.dumps(told))
`;
    const seen: string[] = [];
    const places: readonly (readonly [string, () => Promise<string>])[] = [
      ['the web server', () => world.asSite(program)],
      ['run', async () => (await box.roadie(['run', mallory.name, '--', 'shell', '-c', program])).all],
    ];
    for (const [who, ask] of places) {
      const text = await ask();
      const found = /told=(\{.*\})/.exec(text)?.[1];
      if (found === undefined) throw new Error(text.slice(0, 400));
      const told = JSON.parse(found) as {
        new: string;
        mark: string;
        writable: string[];
        devices: string[];
        others: number;
        pids: number;
      };
      if (told.new !== '1') wrong.push(`${who} may gain rights`);
      const shared = [told.mark, ...told.writable];
      for (const path of shared) {
        if ((await runCommand(['test', '-e', path])).code === 0)
          wrong.push(`${who} shares ${path.replace(/\/[^/]*$/, '')} with the machine`);
        await runCommand(['rm', '-f', path]);
      }
      if (told.devices.length > 0) wrong.push(`${who} sees the devices ${told.devices.slice(0, 4).join(', ')}`);
      if (told.others > 0) wrong.push(`${who} sees ${told.others} processes of others`);
      seen.push(`${who}: ${told.pids} processes seen`);
    }
    for (const service of ['web', 'postgresql', 'redis']) {
      const pid = await world.pid(mallory, service);
      const limits = limitsOf(pid);
      const words = [
        limits.processes === undefined ? 'processes' : '',
        limits.memoryBytes === undefined ? 'memory' : '',
      ].filter((word) => word !== '');
      if (words.length > 0) wrong.push(`${service} has no limit of ${words.join(' and ')}`);
      if (statusField(pid, 'NoNewPrivs') !== '1') wrong.push(`${service} may gain rights`);
      seen.push(
        `${service}: ${limits.processes ?? '∞'} processes, ${limits.memoryBytes === undefined ? '∞' : Math.round(limits.memoryBytes / 2 ** 20)} MB, ${limits.openFiles} files`,
      );
    }
    return outcome([...new Set(wrong)], seen.join('; '));
  },
};

export const bombsArea: Area = {
  id: 'bombs',
  title: 'Bounds (5)',
  attacks: [confined, sockets, forks, memory, disk],
  after: async (world) => {
    await world.box.roadie(['restart', world.mallory.name]);
  },
};
