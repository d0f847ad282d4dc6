import { chown, copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runCommand } from '../../test/rig/box.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { processesNow, ProcessWatch, type Seen, type Swaps } from './processes.ts';
import { Treasure } from './treasure.ts';
import type { World } from './world.ts';

const adversary = fileURLToPath(new URL('adversary.py', import.meta.url));
const nativeLoop = fileURLToPath(new URL('race.c', import.meta.url));

/** How long the adversary goes on where nobody ends it: longer than a build. */
const adversarySeconds = 45;

function targetsOf(treasure: Treasure): string {
  return JSON.stringify({
    files: [join(treasure.closed, 'secret.txt'), join(treasure.open, 'secret.txt')],
    folders: [treasure.closed, treasure.open],
  });
}

/** What the app runs as `collectstatic` begins: the adversary, on the folder that root is about to seal. */
function buildHook(treasure: Treasure): string {
  return `import json, os, runpy
from django.conf import settings
main = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "adversary.py"))["main"]
main(${adversarySeconds}, json.loads(${JSON.stringify(targetsOf(treasure))}), [str(settings.STATIC_ROOT)])
`;
}

/** Ends what the attack left, by pid. Answers how many there were. */
async function endAdversaries(): Promise<number> {
  const most = new Set<number>();
  for (let calm = 0; calm < 3;) {
    const left = processesNow().filter(({ name }) => /^x\d+:\d+$/.test(name));
    for (const { pid } of left) {
      most.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It went on under another pid.
      }
    }
    calm = left.length === 0 ? calm + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return most.size;
}

/** Counts swaps before and after the end of the process that started the adversary. */
class Race {
  /** Swaps when that process had gone; undefined while it lives or before it began. */
  atEnd: number | undefined;
  #began = false;
  readonly #word: string;

  constructor(word: string) {
    this.#word = word;
  }

  readonly look = (now: readonly Seen[], swaps: Swaps): void => {
    const lives = now.some(({ argv, uid }) => uid !== 0 && argv.includes(this.#word));
    if (lives) this.#began = true;
    else if (this.#began && this.atEnd === undefined) this.atEnd = swaps.total;
  };
}

/** The adversary's program in a folder; native where this machine has a C compiler. */
async function arm(folder: string): Promise<void> {
  await copyFile(adversary, join(folder, 'adversary.py'));
  await runCommand(['cc', '-O2', '-shared', '-fPIC', '-o', join(folder, 'race.so'), nativeLoop]).catch(() => undefined);
}

async function disarm(folder: string): Promise<void> {
  for (const name of ['adversary.py', 'race.so']) await rm(join(folder, name), { force: true });
}

/** How often the same program leads coreutils astray, run by root: what the race is worth where nobody stands in its way. */
async function control(world: World, treasure: Treasure, walks: number): Promise<number> {
  const folder = join(world.box.folder, 'naive');
  await rm(folder, { recursive: true, force: true });
  for (const name of ['program', 'static', 'spare']) await mkdir(join(folder, name), { recursive: true });
  await arm(join(folder, 'program'));
  const { uid, gid } = world.local.user;
  for (const name of ['static', 'spare']) await chown(join(folder, name), uid, gid);
  const words = ['60', targetsOf(treasure), join(folder, 'static')];
  await world.must(world.local.run(['python3', join(folder, 'program/adversary.py'), ...words]));
  let won = 0;
  for (let walk = 0; walk < walks; walk += 1) {
    await runCommand(['chmod', '--recursive', walk % 2 === 0 ? 'u=rwX,go=rX' : 'u=rwX,go=rwX', join(folder, 'static')]);
    if ((await treasure.changed()).length === 0) continue;
    won += 1;
    await treasure.layAgain();
  }
  await endAdversaries();
  await treasure.layAgain();
  await rm(folder, { recursive: true, force: true });
  return won;
}

function race(rounds: number): Attack {
  return {
    name: 'files swapped for links while root seals',
    who: 'committer',
    how: `${rounds} deploys whose \`collectstatic\` left two processes (\`fork\`, \`setsid\`, new pids all the time, deaf to SIGTERM) that swapped files and folders for links to root’s by \`renameat2(RENAME_EXCHANGE)\`; every third deploy failed in its migration, so that root deleted the folder`,
    promise: 'of root’s files none changes its content, mode, owner or links, and none appears or goes',
    async run(world) {
      const { mallory } = world;
      const treasure = await Treasure.lay(world);
      const naive = await control(world, treasure, 40);
      const door = join(mallory.project.folder, 'door');
      await arm(door);
      await mallory.project.write({ 'door/build.py': buildHook(treasure) });
      const changes: string[] = [];
      let swaps = 0;
      let after = 0;
      let survived = 0;
      let ran = 0;
      const codes = new Map<number, number>();
      for (let round = 1; round <= rounds; round += 1) {
        const fails = round % 3 === 0;
        const migration = join(mallory.project.folder, 'notes/migrations/0002_fails.py');
        await rm(migration, { force: true });
        await mallory.commit({
          'notes/static/notes/round.css': `a { order: ${round} }\n`,
          ...(fails && { 'notes/migrations/0002_fails.py': failing }),
        });
        const seen = new Race('collectstatic');
        const watch = new ProcessWatch({ everyMs: 10, onSample: seen.look });
        const deployed = await world.deploy(mallory);
        watch.stop();
        if ((await endAdversaries()) > 0) survived += 1;
        codes.set(deployed.code, (codes.get(deployed.code) ?? 0) + 1);
        swaps += watch.swaps;
        if (seen.atEnd !== undefined) after += watch.swaps - seen.atEnd;
        if (watch.swaps > 0) ran += 1;
        const changed = await treasure.changed();
        if (changed.length > 0) {
          changes.push(`round ${round}: ${changed.join(', ')}`);
          await treasure.layAgain();
        }
        if (round % 10 === 0)
          world.say(
            `  round ${round}: ${swaps} swaps, ${after} of them after collectstatic, ${changes.length} rounds changed something`,
          );
      }
      await disarm(door);
      for (const name of ['door/build.py', 'notes/migrations/0002_fails.py'])
        await rm(join(mallory.project.folder, name), { force: true });
      mallory.repository.push('tamed');
      await world.must(world.deploy(mallory));
      if (ran === 0) throw new Error(`the adversary never ran; the deploys ended with ${[...codes.keys()].join(', ')}`);
      const figures = `${rounds} deploys (${[...codes].map(([code, count]) => `${count} ended with ${code}`).join(', ')}), ${swaps} swaps, ${after} of them after collectstatic had ended; processes left at the end of ${survived} deploys; the same program led ${naive} of 40 walks of root’s by \`chmod -R\` astray`;
      return changes.length === 0
        ? { held: true, saw: `0 changed files in ${figures}` }
        : { held: false, saw: `changed in ${changes.length} rounds (${changes[0] ?? ''}): ${figures}` };
    },
  };
}

const failing = `from django.db import migrations


def fail(apps, schema_editor):
    raise ValueError("on purpose")


class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = [migrations.RunPython(fail)]
`;

/** The same, begun by the installation of a package of the project's own: root seals code and virtualenv after that. */
function packageRace(rounds: number): Attack {
  return {
    name: 'the same, from a package that is installed',
    who: 'committer',
    how: `${rounds} deploys with \`./evil\` among the requirements, whose build backend starts the same processes on the release’s code and virtualenv`,
    promise: 'of root’s files none changes',
    async run(world) {
      const { mallory } = world;
      const treasure = await Treasure.lay(world);
      const requirements = await readFile(join(mallory.project.folder, 'requirements.txt'), 'utf8');
      const changes: string[] = [];
      let swaps = 0;
      let survived = 0;
      let said = '';
      await mkdir(join(mallory.project.folder, 'evil'));
      await arm(join(mallory.project.folder, 'evil'));
      for (let round = 1; round <= rounds; round += 1) {
        await mallory.commit({
          'requirements.txt': `${requirements}./evil\n`,
          'evil/pyproject.toml': `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n[project]\nname = "evil"\nversion = "${round}.0"\n`,
          'evil/backend.py': backend(treasure, round),
        });
        const watch = new ProcessWatch({ everyMs: 10 });
        const deployed = await world.deploy(mallory);
        watch.stop();
        said = deployed.code === 0 ? said : deployed.all.trim().slice(-200);
        if ((await endAdversaries()) > 0) survived += 1;
        swaps += watch.swaps;
        const changed = await treasure.changed();
        if (changed.length > 0) {
          changes.push(`round ${round}: ${changed.join(', ')}`);
          await treasure.layAgain();
        }
      }
      await rm(join(mallory.project.folder, 'evil'), { recursive: true });
      await mallory.commit({ 'requirements.txt': requirements });
      await world.must(world.deploy(mallory));
      if (swaps === 0) throw new Error(`the adversary never ran: ${said}`);
      return outcome(
        changes,
        `0 changed files in ${rounds} deploys, ${swaps} swaps; processes left at the end of ${survived} deploys`,
      );
    },
  };
}

/** A build backend (PEP 517) without any dependency. It finds the release by where it is built, or by who builds. */
function backend(treasure: Treasure, round: number): string {
  return `import base64, glob, hashlib, json, os, runpy, zipfile


def folders():
    found = []
    for start in (os.getcwd(), os.environ.get("VIRTUAL_ENV", ""), os.environ.get("PWD", "")):
        while len(start) > 1:
            if os.path.basename(start) in ("code", "venv") and "/releases/" in start: found.append(start)
            start = os.path.dirname(start)
    for release in {os.path.dirname(path) for path in found}:
        found += [os.path.join(release, name) for name in ("code", "venv", "static", "work")]
    return sorted(set(path for path in found if os.access(path, os.W_OK)))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    here = os.path.dirname(os.path.abspath(__file__))
    runpy.run_path(os.path.join(here, "adversary.py"))["main"](${adversarySeconds}, json.loads(${JSON.stringify(targetsOf(treasure))}), folders() or [here])
    name = "evil-${round}.0-py3-none-any.whl"
    info = "evil-${round}.0.dist-info"
    files = {"evil.py": "", info + "/METADATA": "Metadata-Version: 2.1\\nName: evil\\nVersion: ${round}.0\\n", info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: evil\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    files[info + "/RECORD"] = "".join("%s,sha256=%s,%d\\n" % (path, base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(), len(text)) for path, text in files.items()) + info + "/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for path, text in files.items(): wheel.writestr(path, text)
    return name
`;
}

const standingLinks: Attack = {
  name: 'links left among the static files',
  who: 'committer',
  how: '`collectstatic` left links to root’s files in place of `staticfiles.json`, of a stylesheet, of its compressed copies and of a folder, and a hard link; then two deploys',
  promise: 'root writes, reads and compresses nothing behind them',
  async run(world) {
    const { mallory } = world;
    const treasure = await Treasure.lay(world);
    await mallory.project.write({
      'door/build.py': `import atexit, os
from django.conf import settings
root = str(settings.STATIC_ROOT)
def lay():
    for name, target in (("staticfiles.json", "${treasure.open}/staticfiles.json"), ("notes/site.css.gz", "${treasure.open}/secret.txt"), ("notes/site.css.br", "${treasure.closed}/secret.txt"), ("notes/linked.css", "${treasure.closed}/big.css"), ("folder", "${treasure.closed}"), ("big.0123456789ab.css", "${treasure.closed}/big.css")):
        path = os.path.join(root, name)
        try:
            if os.path.lexists(path): os.remove(path)
            os.symlink(target, path)
        except OSError: pass
    try: os.link("${treasure.open}/big.css", os.path.join(root, "hard.css"))
    except OSError: pass
atexit.register(lay)
`,
    });
    const codes: number[] = [];
    const wrong: string[] = [];
    for (const round of [1, 2]) {
      await mallory.commit({
        'notes/static/notes/links.css': `a { order: ${round} }\n${'a { color: red }\n'.repeat(100)}`,
      });
      const ran = await world.deploy(mallory);
      codes.push(ran.code);
      if (ran.all.includes(world.canary)) wrong.push('the deploy printed a secret');
      for (const path of [
        '/static/notes/linked.css',
        '/static/folder/secret.txt',
        '/static/staticfiles.json',
        '/static/hard.css',
        '/static/big.0123456789ab.css',
      ])
        if ((await world.get(mallory, path)).body.includes(world.canary)) wrong.push(`${path} serves a secret`);
    }
    await rm(join(mallory.project.folder, 'door/build.py'));
    mallory.repository.push('no links');
    await world.must(world.deploy(mallory));
    const copied = await runCommand(['grep', '-rlF', '--', world.canary, world.path(mallory, 'releases')]);
    wrong.push(
      ...copied.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${line} has a secret`),
    );
    return outcome(
      [...wrong, ...(await treasure.changed())],
      `two deploys (${codes.join(', ')}), nothing read or changed`,
    );
  },
};

const users: Attack = {
  name: 'the build’s user and the site’s',
  who: 'broken-into site',
  how: 'a deploy was watched: who runs `collectstatic`, who serves; does root run anything of the project; meanwhile a process of the site tried to write into the new release and to stop the build',
  promise: 'two different users, neither of them root; the site meddles with nothing',
  async run(world) {
    const { mallory } = world;
    const releases = world.path(mallory, 'releases');
    const meddle = `
import json, os, signal, time
until = time.monotonic() + 40
worked = set()
me = os.getuid()
while time.monotonic() < until and not os.path.exists(${JSON.stringify(join(world.box.folder, 'meddled'))}):
    for folder, names, files in os.walk(${JSON.stringify(releases)}):
        if folder.count("/") > ${releases.split('/').length + 4}: names[:] = []
        for path in [folder] + [os.path.join(folder, name) for name in files[:20]]:
            if os.access(path, os.W_OK): worked.add("write " + "/".join(path.split("/")[-2:]))
    for name in os.listdir("/proc"):
        if not name.isdigit(): continue
        try:
            with open("/proc/%s/cmdline" % name) as file: line = file.read()
            if os.stat("/proc/%s" % name).st_uid != me and ("collectstatic" in line or "pip" in line or "probe.py" in line):
                os.kill(int(name), 0); worked.add("signal " + line.replace("\\0", " ")[-60:])
        except OSError: pass
print("worked=" + json.dumps(sorted(worked)[:20]))
`;
    await rm(join(world.box.folder, 'meddled'), { force: true });
    const meddling = world.box.roadie(['run', mallory.name, '--', 'shell', '-c', meddle]);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const watch = new ProcessWatch({ everyMs: 10 });
    await mallory.commit({ 'notes/static/notes/users.css': `a { order: ${Date.now() % 1000} }\n` });
    const deployed = await world.deploy(mallory);
    watch.stop();
    await runCommand(['touch', join(world.box.folder, 'meddled')]);
    const told = await meddling;
    if (deployed.code !== 0) throw new Error(deployed.all);
    const worked = JSON.parse(/worked=(\[.*\])/.exec(told.all)?.[1] ?? 'null') as string[] | null;
    if (!worked) throw new Error(told.all.slice(-500));
    const inRelease = (seen: Seen): boolean => (seen.argv[0] ?? '').startsWith(`${world.path(mallory)}/`);
    const builders = new Set(
      watch.seen.filter(({ argv, uid }) => argv.includes('collectstatic') && uid !== 0).map(({ uid }) => uid),
    );
    const live = await world.asSite('import os\nprint(os.getuid())');
    const wrong = worked.map((what) => `the site could ${what}`);
    if (builders.has(Number(live))) wrong.push(`one user (${live.trim()}) builds and serves`);
    const byRoot = watch.seen.filter((seen) => seen.uid === 0 && inRelease(seen));
    wrong.push(...byRoot.map(({ argv }) => `root ran ${argv.slice(0, 3).join(' ').slice(-80)}`));
    return outcome(
      wrong,
      `built by ${[...builders].join(', ')}, served by ${live.trim()}; nothing of the project ran as root`,
    );
  },
};

/** What root does with what a build has left. `rounds`: deploys of the first race. */
export function buildArea(rounds: number): Area {
  return {
    id: 'build',
    title: 'Builds (1)',
    attacks: [users, standingLinks, packageRace(Math.max(1, Math.round(rounds / 10))), race(rounds)],
  };
}
