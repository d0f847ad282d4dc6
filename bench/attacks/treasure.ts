import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { World } from './world.ts';

/**
 * Files of the bench's own that only root may read or change, for attacks to aim at. Whatever happened to one is seen: the kernel
 * stamps a file at each change of its content, mode, owner or links, even where all stays as it was.
 */
export class Treasure {
  /** 0700 and root's; what is in it is 0600. */
  readonly closed: string;
  /** 0755, so that others get as far as its files, which are 0600. */
  readonly open: string;
  readonly #canary: string;
  #before = '';

  private constructor(folder: string, canary: string) {
    this.closed = join(folder, 'closed');
    this.open = join(folder, 'open');
    this.#canary = canary;
  }

  static async lay(world: World): Promise<Treasure> {
    const treasure = new Treasure(join(world.box.folder, 'treasure'), world.canary);
    await treasure.layAgain();
    return treasure;
  }

  /** As it was in the beginning. */
  async layAgain(): Promise<void> {
    for (const [folder, mode] of [
      [this.closed, 0o700],
      [this.open, 0o755],
    ] as const) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await chmod(folder, mode);
      for (const name of ['secret.txt', 'big.css', 'big.js', 'staticfiles.json'])
        await writeFile(join(folder, name), `/* ${this.#canary} */\n${'a { color: red }\n'.repeat(400)}`, {
          mode: 0o600,
        });
    }
    this.#before = await this.#look();
  }

  /** What is not as it was laid, a line each. */
  async changed(): Promise<readonly string[]> {
    const now = await this.#look();
    if (now === this.#before) return [];
    const before = new Set(this.#before.split('\n'));
    return now
      .split('\n')
      .filter((line) => !before.has(line))
      .map((line) => line.split(' ').slice(0, 4).join(' '));
  }

  async #look(): Promise<string> {
    const lines: string[] = [];
    for (const folder of [this.closed, this.open])
      for (const name of ['.', ...(await readdir(folder)).toSorted()]) {
        const path = join(folder, name);
        const { mode, uid, gid, ctimeMs, size } = await lstat(path);
        const ours = name === '.' ? '' : (await readFile(path, 'utf8')).length;
        lines.push(`${name} mode ${(mode & 0o7777).toString(8)} ${uid}:${gid} ${size} ${ours} ${ctimeMs}`);
      }
    return lines.join('\n');
  }
}
