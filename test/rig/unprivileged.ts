import { chown, cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { launcher, type Ran, runCommand } from './box.ts';

const nobody = 65_534;
const parts = ['roadie', 'package.json', 'package-lock.json', 'scripts', 'src', 'python', 'node_modules'] as const;

/** Roadie as a user without any rights, with folders of its own inside `folder`. */
export class Unprivileged {
  readonly #folder: string;
  readonly #launcher: string;

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#launcher = program;
  }

  /** `folder` must be one that everybody may enter. A clone that only root may read (below /root) is copied there. */
  static async open(folder: string): Promise<Unprivileged> {
    const home = join(folder, 'home');
    await mkdir(home, { recursive: true });
    await chown(home, nobody, nobody);
    const readable = await runCommand([...as(nobody), 'test', '-x', launcher]);
    if (readable.code === 0) return new Unprivileged(home, launcher);
    const copy = join(folder, 'roadie');
    const from = dirname(fileURLToPath(new URL('../../roadie', import.meta.url)));
    for (const part of parts) await cp(join(from, part), join(copy, part), { recursive: true, verbatimSymlinks: true });
    return new Unprivileged(home, join(copy, 'roadie'));
  }

  /** Runs `roadie` with an environment that has nothing of root's; `uid`: as somebody else, with the same folders. */
  roadie(words: readonly string[], uid = nobody): Promise<Ran> {
    const variables = [
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      `HOME=${this.#folder}`,
      `ROADIE_BASE=${this.#folder}/base`,
      `ROADIE_RUN=${this.#folder}/run`,
      `NODE_COMPILE_CACHE=${this.#folder}/compile`,
    ];
    return runCommand([...as(uid), 'env', '-i', ...variables, this.#launcher, ...words]);
  }

  async close(): Promise<void> {
    await this.roadie(['daemon', 'stop', '--services']);
  }
}

function as(uid: number): [string, ...string[]] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}
