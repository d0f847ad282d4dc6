import { lstat, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../test/rig/box.ts';
import { everything } from '../../test/rig/trespass.ts';
import { type Area, type Attack, outcome } from './attack.ts';
import { processesNow, ProcessWatch } from './processes.ts';
import type { World } from './world.ts';

/** What was printed and seen while secrets were planted and used. */
type Planted = { readonly secrets: readonly string[]; readonly said: string; readonly lines: readonly string[] };

let planted: Promise<Planted> | undefined;

/** Gives the neighbour secrets by every way there is, deploys, restarts, runs a command, and looks at all processes meanwhile. */
function plant(world: World): Promise<Planted> {
  planted ??= (async () => {
    const { box, neighbour, canary } = world;
    const site = neighbour.name;
    const file = join(box.folder, 'planted.env');
    await writeFile(file, `TOKEN_OF_FILE=${canary}-of-file\n`, { mode: 0o600 });
    const watch = new ProcessWatch({ everyMs: 8 });
    const rans = [
      await box.roadie(['env', 'set', site, '--file', file, '--wait']),
      await box.roadie(['env', 'set', site, 'TOKEN_OF_INPUT=-', '--wait'], { input: `${canary}-of-input\n` }),
      await box.roadie(['deploy-token', 'https://127.0.0.1:1/private.git'], { input: `${canary}-of-git\n` }),
      await (async () => {
        await neighbour.commit({ 'notes/version.py': 'VERSION = "planted"\n' });
        return world.deploy(neighbour);
      })(),
      await box.roadie(['restart', site]),
      await box.roadie(['run', site, '--', 'check']),
    ];
    watch.stop();
    const failed = rans.find(({ code }, index) => code !== 0 && index !== 2);
    if (failed) throw new Error(failed.all);
    const more = await Promise.all(
      [
        ['env', 'list', site],
        ['status', '--json'],
        ['plan', site],
        ['check', site],
        ['releases', site, '--json'],
        ['deploy', site, '--status'],
        ['events', '-n', '10000', '--json'],
        ['logs', site, '-n', '10000'],
        ['inspect', neighbour.project.folder],
      ].map((words) => box.roadie(words)),
    );
    const record = JSON.parse(await readFile(join(box.folder, 'base/state/sites', `${site}.json`), 'utf8')) as {
      value: { secrets: Record<string, string> };
    };
    return {
      secrets: [canary, ...Object.values(record.value.secrets)].filter((secret) => secret.length >= 8),
      said: [...rans, ...more].map(({ all }) => all).join('\n'),
      lines: watch.seen.map(({ argv }) => argv.join(' ')),
    };
  })();
  return planted;
}

const commandLines: Attack = {
  name: 'command lines of all processes',
  who: 'local user',
  how: 'planted by `env set` from a file and from standard input, and as a token for git; `/proc/*/cmdline` was read every 8 ms during two `env set`, a deploy, a restart and a `run`',
  promise: 'no secret, planted or made by Roadie, stands in any',
  async run(world) {
    const { secrets, lines } = await plant(world);
    const wrong = lines.filter((line) => secrets.some((secret) => line.includes(secret)));
    return outcome(
      wrong.map((line) => `${line.slice(0, 80)}…`),
      `${secrets.length} secrets, ${lines.length} different command lines`,
    );
  },
};

const said: Attack = {
  name: 'what is printed and remembered',
  who: 'local user',
  how: 'the output of 15 commands, with `--json` too, the events, the logs of services, jobs and builds, and `/var/log`',
  promise: 'no secret stands in any',
  async run(world) {
    const { secrets, said: text } = await plant(world);
    const wrong = text.split('\n').filter((line) => secrets.some((secret) => line.includes(secret)));
    const journal = await runCommand(['grep', '-rlF', '--', world.canary, '/var/log']);
    const found = journal.stdout.split('\n').filter((line) => line !== '');
    return outcome(
      [...wrong.map(() => 'a printed line has a secret'), ...found.map((path) => `${path} has one`)],
      `${text.length} characters`,
    );
  },
};

const files: Attack = {
  name: 'files that hold secrets',
  who: 'local user',
  how: 'every file of the installation was searched for every secret',
  promise: 'only root and the site itself can read those that hold one; no log, event, release or page of NGINX does',
  async run(world) {
    const { secrets } = await plant(world);
    const wrong: string[] = [];
    let holding = 0;
    for (const path of await everything(join(world.box.folder, 'base'))) {
      const found = await lstat(path).catch(() => undefined);
      if (!found?.isFile() || found.size > 2_000_000) continue;
      const text = await readFile(path, 'latin1').catch(() => '');
      if (!secrets.some((secret) => text.includes(secret))) continue;
      holding += 1;
      if ((found.mode & 0o007) !== 0) wrong.push(`${path} has mode ${(found.mode & 0o777).toString(8)}`);
      if (/\/logs\/|\/jobs\/|\.log|events\.jsonl|\/edge\//.test(path)) wrong.push(`${path} has one`);
    }
    return outcome(wrong, `${holding} files hold one, all closed to others`);
  },
};

const environs: Attack = {
  name: 'the environment of other processes',
  who: 'local user',
  how: '`/proc/PID/environ`, `mem`, `maps` and `fd` of all processes of both sites and of Roadie, read as a local user and as the broken-into site',
  promise: 'the kernel refuses',
  async run(world) {
    const pids = processesNow()
      .filter(({ argv, cwd }) => `${argv.join(' ')} ${cwd}`.includes(world.box.folder))
      .map(({ pid, uid }) => [pid, uid]);
    const program = `
import json, os
told = []
for pid, uid in json.loads(${JSON.stringify(JSON.stringify(pids))}):
    if uid == os.getuid(): continue
    for name in ("environ", "mem", "maps"):
        try:
            with open("/proc/%d/%s" % (pid, name), "rb") as file:
                if name != "mem" and file.read(1): told.append("%s of %d" % (name, pid))
                elif name == "mem": told.append("mem of %d" % pid)
        except OSError: pass
    try:
        if os.listdir("/proc/%d/fd" % pid): told.append("fd of %d" % pid)
    except OSError: pass
print(json.dumps(told))
`;
    const wrong = [
      ...(JSON.parse((await world.must(world.local.run(['python3', '-c', program]))).stdout) as string[]).map(
        (what) => `a local user reads ${what}`,
      ),
      ...(JSON.parse(await world.asSite(program)) as string[]).map((what) => `the site reads ${what}`),
    ];
    return outcome(wrong, `${pids.length} processes, 4 files each, 2 users: all refused`);
  },
};

const debug: Attack = {
  name: 'DEBUG and a weak key',
  who: 'visitor',
  how: 'a project with `DEBUG = True` and `SECRET_KEY = "tiny"`; a page that does not exist, one that fails, and a session signed with the known key',
  promise: 'no page shows settings or code, and the key is another',
  async run(world) {
    const wrong: string[] = [];
    for (const path of ['/no-such-page/', '/broken/', '/broken/?x=%00']) {
      const { body } = await world.get(world.neighbour, path);
      if (/DEBUG = True|Traceback|Request Method|tiny\.urls|always been broken/.test(body))
        wrong.push(`${path} shows what is inside`);
    }
    const told = await world.must(
      world.box.roadie([
        'run',
        world.neighbour.name,
        '--',
        'shell',
        '-c',
        'from django.conf import settings as s; print("debug", s.DEBUG, "weak", s.SECRET_KEY == "tiny" or len(s.SECRET_KEY) < 50, "hosts", "*" in s.ALLOWED_HOSTS)',
      ]),
    );
    if (!told.stdout.includes('debug False weak False hosts False')) wrong.push(told.stdout.trim());
    return outcome(wrong, 'DEBUG off, a key of 50 characters or more, and no wildcard among the hosts');
  },
};

export const secretsArea: Area = {
  id: 'secrets',
  title: 'Secrets',
  attacks: [commandLines, said, files, environs, debug],
};
