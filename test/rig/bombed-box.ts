import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../../src/machine/processes/run.ts';
import { type Bomb, makeBombs } from './bomb-project.ts';
import { Box } from './box.ts';
import type { TinyProject } from './tiny-project.ts';

/** A Roadie on a small disk of its own with two sites: one that goes off, and its neighbour. */
export class BombedBox {
  readonly box: Box;
  readonly bad: string;
  readonly good: string;
  readonly #project: TinyProject;

  private constructor(box: Box, project: TinyProject) {
    this.box = box;
    this.#project = project;
    this.bad = box.name('bad');
    this.good = box.name('good');
  }

  /** `limits`: the bad site's, so that it reaches them within seconds. The disk is a file: the machine's own is not filled. */
  static async open(limits: string, diskMegabytes = 1000): Promise<BombedBox> {
    const box = await Box.open();
    const base = join(box.folder, 'base');
    await mkdir(base);
    const image = join(box.folder, 'disk');
    for (const command of [
      ['truncate', '-s', `${diskMegabytes}M`, image],
      ['mkfs.ext4', '-q', '-m', '0', image],
      ['mount', '-o', 'loop', image, base],
    ] as const) {
      const done = await run(command);
      if (done.code !== 0) throw new Error(done.stderr);
    }
    const project = await makeBombs();
    const bombed = new BombedBox(box, project);
    for (const [name, config] of [
      [bombed.good, ''],
      [bombed.bad, limits],
    ] as const) {
      await project.write({ 'roadie.toml': config });
      const up = await box.up(project.folder, name, '--yes');
      if (up.code !== 0) throw new Error(up.all);
    }
    return bombed;
  }

  domain(name: string): string {
    return `${name}.localhost`;
  }

  /** Sets off a bomb in the bad site. */
  async light(bomb: Bomb): Promise<void> {
    const page = await this.box.get(this.domain(this.bad), `/bomb/${bomb}/?to=${this.box.ports.https}`);
    if (page.body !== 'lit') throw new Error(`${page.status} ${page.body}`);
  }

  /** What has been said of the bad site, and of the machine. */
  async said(): Promise<readonly string[]> {
    const { stdout } = await this.box.roadie(['events', '-n', '2000', '--json']);
    return stdout.split('\n').flatMap((line) => {
      if (line.trim() === '') return [];
      const event = JSON.parse(line) as { readonly type: string; readonly site?: string; readonly text?: string };
      return event.type === 'note' && (event.site === undefined || event.site === this.bad) ? [event.text ?? ''] : [];
    });
  }

  async close(): Promise<void> {
    await this.box.roadie(['daemon', 'stop', '--services']);
    await run(['umount', '--lazy', join(this.box.folder, 'base')]);
    await this.box.close();
    await run(['rm', '-rf', '--', this.#project.folder]);
  }
}
