import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Confiner } from '../../src/machine/bounds/confiner.ts';
import { Box, requireRoot } from '../rig/box.ts';
import { eventually } from '../rig/supervised/scene.ts';
import { TinyProject } from '../rig/tiny-project.ts';

const lookAround = fileURLToPath(new URL('../rig/look-around.py', import.meta.url));

/** What a site's process has found out about the machine. */
type Looked = {
  readonly others: readonly string[];
  readonly listed: Readonly<Record<string, readonly string[] | null>>;
  readonly foreign_processes: readonly number[];
  readonly changes: readonly string[];
  readonly keeps: readonly string[];
  readonly devices: readonly string[];
  readonly no_new_privileges: string;
  readonly capabilities: string;
  readonly tmp: readonly string[];
};

/** Two sites beside each other, of whom one does what it should not. */
describe('a site', { sequential: true }, () => {
  let box: Box;
  let project: TinyProject;
  let site: string;
  let other: string;

  beforeAll(async () => {
    requireRoot();
    box = await Box.open();
    project = await TinyProject.make('hello');
    await makeUnruly(project);
    site = box.name('bounds');
    other = box.name('other');
    for (const name of [site, other]) {
      const up = await box.up(project.folder, name, '--yes');
      if (up.code !== 0) throw new Error(up.all);
    }
  });

  afterAll(async () => {
    await box.close();
    await rm(project.folder, { recursive: true, force: true });
  });

  const domain = (name: string): string => `${name}.localhost`;
  /** Asks the site to do something, and expects its answer. */
  const ask = async (path: string, name = site): Promise<string> => {
    const page = await box.get(domain(name), path);
    expect([path, page.status, page.body.slice(0, 300)]).toEqual([path, 200, expect.any(String)]);
    return page.body;
  };
  /** What it asks is to be gone: nobody announces the end of such a process. */
  const gone = (marker: string): Promise<void> => eventually(() => marked(marker).length === 0);

  test('can do everything that it needs here', () => {
    expect(new Confiner({ base: join(box.folder, 'base'), run: join(box.folder, 'run') }).missing).toEqual([]);
  });

  test('sees nothing of the machine but its own, in its services and in `run`', async () => {
    const base = join(box.folder, 'base');
    const others = [
      ...['state', 'trash', 'edge'].map((name) => join(base, name)),
      join(base, 'sites', other),
      join(box.folder, 'run', other),
      join(box.folder, 'run', 'roadie.sock'),
      project.folder,
      '/root/.profile',
    ];
    const fromService = parse(await ask(`/look/?others=${encodeURIComponent(JSON.stringify(others))}`));
    const code = `import sys; sys.argv = ['', ${JSON.stringify(JSON.stringify(others))}]; exec(open('look_around.py').read())`;
    const ran = await box.roadie(['run', site, '--', 'shell', '-c', code]);
    for (const looked of [fromService, parse(ran.all)]) {
      expect(looked).toMatchObject({
        others: [],
        listed: { '/home': 'refused', '/root': 'refused' },
        foreign_processes: [],
        changes: [],
        keeps: ['/tmp/x', '/var/tmp/x', '/dev/shm/x'],
        no_new_privileges: '1',
        capabilities: '0000000000000000',
      });
      expect(looked.devices).toEqual([
        'fd',
        'full',
        'null',
        'ptmx',
        'pts',
        'random',
        'shm',
        'stderr',
        'stdin',
        'stdout',
        'tty',
        'urandom',
        'zero',
      ]);
    }
  });

  test('leaves no process behind when a command of `run` ends, whatever that has started', async () => {
    const marker = mark();
    const ran = await box.roadie(['run', site, '--', 'shell', '-c', `from tiny.views import leave; leave(${marker})`]);
    expect(ran.code).toBe(0);
    await gone(String(marker));
  });

  test("gets the command's exit code and its standard input", async () => {
    const code = 'import sys; print(sys.stdin.read().upper()); sys.exit(7)';
    const ran = await box.roadie(['run', site, '--', 'shell', '-c', code], { input: 'words' });
    expect(ran.code).toBe(7);
    expect(ran.stdout).toContain('WORDS');
  });

  test('leaves none behind when a build ends', async () => {
    const marker = mark();
    await project.write({
      'build_marker.txt': String(marker),
      'notes/static/notes/more.css': `p { order: ${marker} }`,
    });
    const up = await box.up(project.folder, site, '--yes');
    expect([up.code, up.all]).toEqual([0, expect.any(String)]);
    const built = await readFile(join(box.folder, 'base/sites', site, 'build', 'left.txt'), 'utf8');
    // It was there: the process was started during the build, and not killed before it could say so.
    expect(built).toBe(String(marker));
    await gone(String(marker));
  });

  test('ends what has left the session of a service, when the service ends by itself', async () => {
    const marker = mark();
    await ask(`/leave/?marker=${marker}`);
    expect(marked(String(marker))).toHaveLength(1);
    expect((await box.roadie(['restart', site, 'web'])).code).toBe(0);
    await gone(String(marker));
    expect(await ask('/')).toBe('hello');
  });

  test('ends all of it at `stop`, the neighbour goes on, and `start` brings it back', async () => {
    const markers = [mark(), mark()];
    await ask(`/leave/?marker=${markers[0]}`);
    await ask(`/leave/?marker=${markers[1]}`, other);
    expect((await box.roadie(['stop', site])).code).toBe(0);
    expect(marked(String(markers[0]))).toEqual([]);
    expect(marked(String(markers[1]))).toHaveLength(1);
    expect((await box.roadie(['start', site])).code).toBe(0);
    expect(await ask('/')).toBe('hello');
  });

  test('is adopted by the next daemon with its control groups, and ends with all that it has', async () => {
    const marker = mark();
    await ask(`/leave/?marker=${marker}`);
    expect((await box.roadie(['daemon', 'stop'])).code).toBe(0);
    expect((await box.roadie(['daemon', 'start'])).code).toBe(0);
    expect(marked(String(marker))).toHaveLength(1);
    expect((await box.roadie(['restart', site, 'web'])).code).toBe(0);
    await gone(String(marker));
  });

  test('tells its limits in the plan', async () => {
    const plan = await box.roadie(['plan', site]);
    expect(plan.all).toMatch(/at most \d+ processes and [\d.]+ GB of memory together/);
  });

  test('may write in a folder elsewhere that the owner names, and nowhere else', async () => {
    const disk = join(box.folder, 'disk');
    await mkdir(disk, { mode: 0o777 });
    await mkdir(join(disk, 'uploads'));
    await import('node:fs/promises').then(({ chmod }) =>
      Promise.all([chmod(disk, 0o777), chmod(join(disk, 'uploads'), 0o777)]),
    );
    await project.write({ 'roadie.toml': `[sandbox]\nwritable = ["${join(disk, 'uploads')}"]\n` });
    const up = await box.up(project.folder, site, '--yes');
    expect([up.code, up.all]).toEqual([0, expect.stringContaining(join(disk, 'uploads'))]);
    await writeFile(join(disk, 'uploads', 'there'), 'x', { mode: 0o644 });
    const looked = await ask(`/write/?path=${encodeURIComponent(join(disk, 'uploads', 'mine'))}`);
    expect(looked).toBe('written');
    expect(await ask(`/write/?path=${encodeURIComponent(join(disk, 'mine'))}`)).not.toBe('written');
    expect(readdirSync(join(disk, 'uploads')).toSorted()).toEqual(['mine', 'there']);
  });

  test('leaves no process behind when it is taken down', async () => {
    const marker = mark();
    await ask(`/leave/?marker=${marker}`);
    expect((await box.roadie(['down', site, '--delete-data', '--confirm', site])).code).toBe(0);
    expect(marked(String(marker))).toEqual([]);
    expect(await ask('/', other)).toBe('hello');
  });
});

/** A number that no other process has in its command line. */
let last = 1_000_000 + Math.floor(Math.random() * 8_000_000);
function mark(): number {
  last += 1;
  return last;
}

/** Processes that sleep for that many seconds. */
function marked(marker: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words[0] === 'sleep' && words[1] === marker ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function parse(text: string): Looked {
  const line = /LOOKED (.*)/.exec(text)?.[1];
  if (line === undefined) throw new Error(text);
  return JSON.parse(line) as Looked;
}

/** Views that do what a site should not, and a build that leaves a process behind. */
async function makeUnruly(project: TinyProject): Promise<void> {
  await project.write({
    'look_around.py': await readFile(lookAround, 'utf8'),
    'tiny/urls.py': `from django.urls import path
from tiny import views
urlpatterns = [path(name, getattr(views, word)) for name, word in [("", "front"), ("health/", "health"), ("leave/", "leaving"), ("look/", "looking"), ("write/", "writing")]]
`,
    'tiny/views.py': `import subprocess, sys
from django.http import HttpResponse


def front(request):
    return HttpResponse("hello")


def health(request):
    return HttpResponse("ok")


def leave(marker):
    # A process that no session, no process group and no parent leads to.
    subprocess.check_call(["/bin/sh", "-c", "setsid sh -c 'exec sleep %d' </dev/null >/dev/null 2>&1 & sleep 0.2" % marker])


def leaving(request):
    leave(int(request.GET["marker"]))
    return HttpResponse("left")


def looking(request):
    out = subprocess.run([sys.executable, "look_around.py", request.GET["others"]], capture_output=True, text=True)
    return HttpResponse(out.stdout + out.stderr)


def writing(request):
    try:
        with open(request.GET["path"], "w") as file:
            file.write("x")
        return HttpResponse("written")
    except OSError as error:
        return HttpResponse(str(error))
`,
    'notes/apps.py': `import os, sys
from django.apps import AppConfig


class Notes(AppConfig):
    name = "notes"

    def ready(self):
        if "collectstatic" in sys.argv and os.path.exists("build_marker.txt"):
            from tiny.views import leave
            marker = open("build_marker.txt").read()
            leave(int(marker))
            with open(os.path.join(os.environ["HOME"], "left.txt"), "w") as file:
                file.write(marker)
`,
  });
}
