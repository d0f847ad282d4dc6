import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../test/rig/box.ts';
import { Classic } from '../faults/classic.ts';
import type { Ours } from '../faults/ours.ts';

/**
 * What a person types on the tutorials' stack for a new commit, as a script: the code is a clone of the same repository, and pip is
 * in the virtualenv. Its steps are timed by the script itself.
 */
export class ByHand {
  readonly classic: Classic;
  readonly #script: string;

  private constructor(classic: Classic, script: string) {
    this.classic = classic;
    this.#script = script;
  }

  static async open(ours: Ours): Promise<ByHand> {
    const classic = await Classic.open(ours);
    const folder = join(ours.box.folder, 'classic');
    const app = join(folder, 'app');
    const user = /^user=(\d+)/m.exec(await readFile(join(folder, 'supervisord.conf'), 'utf8'))?.[1];
    if (user === undefined) throw new Error("the classic stack's supervisord.conf is not as expected");
    await rm(join(app, 'code'), { recursive: true });
    await ok(['git', 'clone', '--quiet', `file://${ours.project}`, join(app, 'code')]);
    // The copy of our release still names our folders.
    const overlay = join(app, 'overlay.json');
    await writeFile(overlay, (await readFile(overlay, 'utf8')).replaceAll(/"\/[^"]*\/releases\/[^/"]+\//g, `"${app}/`));
    await chmod(overlay, 0o644);
    await ok([join(app, 'venv/bin/python'), '-m', 'ensurepip']);
    await ok(['chown', '-R', user, join(app, 'static')]);
    const exports = (await readFile(join(folder, 'start'), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('export '))
      .map((line) => line.replaceAll(/\/[^'":]*\/releases\/[^/'":]+/g, app));
    const manage = `setpriv --reuid ${user} --regid $(id -g ${user}) --clear-groups -- ../venv/bin/python manage.py`;
    const steps = [
      ['git pull', 'git pull --quiet'],
      [
        'pip install',
        'HOME=/root ../venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt',
      ],
      ['migrate', `${manage} migrate --noinput`],
      ['collectstatic', `${manage} collectstatic --noinput`],
      ['supervisorctl restart', `supervisorctl -c ${folder}/supervisord.conf restart gunicorn`],
    ];
    const script = join(folder, 'deploy');
    const lines = steps.map(([name = '', command = '']) => `${command} >&2\necho "$(date +%s%N) ${name}"`);
    await writeFile(script, `#!/bin/sh\nset -e\n${exports.join('\n')}\ncd ${app}/code\n${lines.join('\n')}\n`, {
      mode: 0o700,
    });
    await classic.control('restart', 'gunicorn');
    await classic.settled();
    return new ByHand(classic, script);
  }

  /** Runs the script. Answers milliseconds by step. */
  async run(): Promise<ReadonlyMap<string, number>> {
    let before = Date.now();
    const ran = await runCommand([this.#script]);
    if (ran.code !== 0) throw new Error(`the script failed:\n${ran.all}`);
    const times = new Map<string, number>();
    for (const line of ran.stdout.trim().split('\n')) {
      const [, nanoseconds = '', name = ''] = /^(\d+) (.*)$/.exec(line) ?? [];
      const at = Number(nanoseconds) / 1e6;
      times.set(`step ${name}`, at - before);
      before = at;
    }
    return times;
  }
}

async function ok(command: readonly [string, ...string[]]): Promise<void> {
  const ran = await runCommand(command);
  if (ran.code !== 0) throw new Error(ran.all);
}
