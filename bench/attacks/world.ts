import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { RoadieEvent } from '../../src/contract/events.ts';
import type { Releases } from '../../src/contract/releases.ts';
import { type Status, statusSchema } from '../../src/contract/status.ts';
import { installPackages } from '../../src/machine/packages/packages.ts';
import { Box, type Page, type Ran, runCommand } from '../../test/rig/box.ts';
import { LocalUser } from './local-user.ts';
import { processesNow } from './processes.ts';
import { BenchSite } from './sites.ts';

/** Debian's packages that attack. */
const tools = ['testssl.sh', 'slowhttptest', 'nghttp2-client', 'openssl'];

/**
 * A test installation: a hostile site and an innocent one on a disk of their own, and somebody with an account on the machine. All
 * that listens listens on the loopback address.
 */
export class World {
  readonly box: Box;
  /** Whose project attacks. */
  readonly mallory: BenchSite;
  readonly neighbour: BenchSite;
  readonly local: LocalUser;
  /** A site's name for projects that must not come up. */
  readonly spare: string;
  /** In the way of nobody: nothing else in the world has this word in it. */
  readonly canary: string;
  /** Whether everything lies on a small file system of its own, which may be filled. */
  readonly ownDisk: boolean;
  readonly say: (text: string) => void;
  readonly #image: string;

  private constructor(
    parts: Pick<World, 'box' | 'mallory' | 'neighbour' | 'spare' | 'local' | 'canary' | 'ownDisk' | 'say'>,
  ) {
    this.box = parts.box;
    this.mallory = parts.mallory;
    this.neighbour = parts.neighbour;
    this.spare = parts.spare;
    this.local = parts.local;
    this.canary = parts.canary;
    this.ownDisk = parts.ownDisk;
    this.say = parts.say;
    this.#image = imageOf(parts.box);
  }

  static async open(say: (text: string) => void): Promise<World> {
    // Whatever is made must be closed although the shell asks for nothing to be.
    const box = await Box.open({ umask: '000' });
    say('installing the tools');
    await installPackages(tools, { journal: join(box.folder, 'packages.json') });
    const ownDisk = await mountDisk(box);
    if (!ownDisk) say('there are no loop devices here: everything lies on the machine’s own disk');
    const near = box.name('near');
    const world = new World({
      box,
      ownDisk,
      say,
      mallory: await BenchSite.make(box.name('mallory'), { open: true }),
      neighbour: await BenchSite.make(near, { open: false, domains: ['localhost'] }),
      spare: box.name('spare'),
      local: await LocalUser.make(box.name('local')),
      canary: `canary-${Math.random().toString(36).slice(2)}`,
    });
    try {
      for (const site of [world.mallory, world.neighbour]) {
        say(`bringing up ${site.name}`);
        await world.must(box.up(site.repository.url, site.name, '--yes'));
      }
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  async must(running: Promise<Ran>): Promise<Ran> {
    const ran = await running;
    if (ran.code !== 0) throw new Error(ran.all.trim().slice(-3000));
    return ran;
  }

  /** Runs Python in the hostile site's live web server, as whoever has broken into it. Answers what it printed. */
  async asSite(python: string): Promise<string> {
    const answer = await this.get(this.mallory, '/door/', { method: 'POST', body: python });
    if (answer.status !== 200) throw new Error(`the door answers ${answer.status}: ${answer.body.slice(0, 300)}`);
    return answer.body;
  }

  get(site: BenchSite, path: string, options: Parameters<Box['get']>[2] = {}): Promise<Page> {
    const { body } = options;
    const headers = {
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      ...options.headers,
    };
    return this.box.get(site.domain, path, { ...options, headers });
  }

  /** Releases what a site's repository has now. */
  deploy(site: BenchSite, ...options: readonly string[]): Promise<Ran> {
    return this.box.roadie(['deploy', site.name, '--wait', ...options]);
  }

  releases(site: BenchSite): Promise<Releases> {
    return this.box.releases(site.name);
  }

  async status(): Promise<Status> {
    return statusSchema.parse(JSON.parse((await this.box.roadie(['status', '--json'])).stdout));
  }

  async events(): Promise<readonly RoadieEvent[]> {
    const told = await this.box.roadie(['events', '-n', '10000', '--json']);
    return told.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RoadieEvent);
  }

  /** Paths of a site's folders: `base/sites/NAME/…`. */
  path(site: BenchSite, ...parts: readonly string[]): string {
    return join(this.box.folder, 'base/sites', site.name, ...parts);
  }

  /** Main process of a service. */
  async pid(site: BenchSite, service: string): Promise<number> {
    const services = (await this.status()).sites.find(({ name }) => name === site.name)?.services ?? [];
    const pid = services.find(({ name }) => name === service)?.pid;
    if (typeof pid !== 'number') throw new Error(`${service} of ${site.name} has no process`);
    return pid;
  }

  /** A file that nobody but root may read, with the canary in it. Answers its path. */
  async secret(name: string): Promise<string> {
    const folder = join(this.box.folder, 'root-only');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), `${this.canary}\n`, { mode: 0o600 });
    return join(folder, name);
  }

  /** Takes everything away: sites with their data, users, the disk. */
  async close(): Promise<void> {
    const { box } = this;
    const names = [this.mallory.name, this.neighbour.name, this.spare];
    for (const name of names) await box.roadie(['down', name, '--delete-data', '--confirm', name]);
    await box.roadie(['daemon', 'stop', '--services']);
    await endLeftOvers(box.folder);
    await this.local.remove();
    if (this.ownDisk) await runCommand(['umount', '--lazy', box.folder]);
    await box.close();
    await rm(this.#image, { force: true });
    for (const { repository } of [this.mallory, this.neighbour])
      for (const folder of [repository.work, repository.bare]) await rm(folder, { recursive: true, force: true });
  }
}

function imageOf(box: Box): string {
  return box.folder.replace('/tmp/', '/var/tmp/') + '.img';
}

/** A file system of 4 GB in a file, at the box's folder. False where this machine has no loop devices. */
async function mountDisk(box: Box): Promise<boolean> {
  const image = imageOf(box);
  for (const command of [
    ['truncate', '--size=4G', image],
    ['mkfs.ext4', '-q', '-m', '0', image],
    ['mount', '-o', 'loop', image, box.folder],
  ] as const) {
    if ((await runCommand(command)).code === 0) continue;
    await rm(image, { force: true });
    return false;
  }
  await chmod(box.folder, 0o755);
  return true;
}

/** System users with a home in that folder, whatever they are called. */
export async function usersAt(folder: string): Promise<readonly { readonly name: string; readonly uid: number }[]> {
  const { stdout } = await runCommand(['getent', 'passwd']);
  return stdout.split('\n').flatMap((line) => {
    const [name = '', , uid, , , home = ''] = line.split(':');
    return `${home}/`.startsWith(`${folder}/`) ? [{ name, uid: Number(uid) }] : [];
  });
}

/** Ends what attacks left behind, and removes the system users of this installation that are left. By pid, and only of these users. */
async function endLeftOvers(folder: string): Promise<void> {
  const users = await usersAt(folder);
  for (let round = 0; round < 50; round += 1) {
    const left = processesNow().filter(({ uid }) => users.some((user) => user.uid === uid));
    if (left.length === 0) break;
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const { name } of users) await runCommand(['userdel', name]);
}
