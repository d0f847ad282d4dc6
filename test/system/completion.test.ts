import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { exists } from '../../src/machine/files/files.ts';
import { run } from '../../src/machine/processes/run.ts';
import { status } from '../rig/canned.ts';
import { fakeDaemon, value } from '../rig/fake-daemon.ts';

const launcher = new URL('../../roadie', import.meta.url).pathname;

let folder: string;
let daemon: Awaited<ReturnType<typeof fakeDaemon>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roadie-completion-'));
  daemon = await fakeDaemon({ status: () => value(status) });
  await symlink(launcher, join(folder, 'roadie'));
  await writeFile(join(folder, 'requirements.txt'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await run([launcher, 'completion', shell]);
    await writeFile(join(folder, `roadie.${shell}`), script.stdout);
  }
});

afterAll(async () => {
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script in a shell, with `roadie` in its PATH and a daemon that answers. */
async function shell(program: string, options: readonly string[], script: string): Promise<readonly string[]> {
  const environment = {
    PATH: `${folder}:/usr/bin:/bin`,
    HOME: folder,
    ROADIE_RUN: dirname(daemon.socketPath),
    ROADIE_BASE: folder,
    LANG: 'C.UTF-8',
  };
  const result = await run([program, ...options, '-c', script], { environment, directory: folder, timeoutSeconds: 60 });
  expect(result.stderr).toBe('');
  return result.stdout.split('\n').filter((line) => line !== '');
}

const cases: readonly { readonly words: readonly string[]; readonly expected: readonly string[] }[] = [
  { words: ['sta'], expected: ['start', 'status'] },
  { words: ['daemon', 'st'], expected: ['start', 'stop', 'status'] },
  { words: ['logs', ''], expected: ['boards', 'shop'] },
  { words: ['logs', 'boards', 'w'], expected: ['web', 'worker'] },
  { words: ['restart', '--json', 'boards', 'po'], expected: ['postgresql'] },
  { words: ['logs', 'boards', '--fo'], expected: ['--follow'] },
  { words: ['completion', ''], expected: ['bash', 'zsh', 'fish'] },
  { words: ['events', '--site', 'b'], expected: ['boards'] },
  { words: ['inspect', 'requ'], expected: ['requirements.txt'] },
];

const name = (words: readonly string[]): string => `roadie ${words.join(' ')}`;

describe('bash', () => {
  test.each(cases)('completes $words', async ({ words, expected }) => {
    const quoted = ['roadie', ...words].map((word) => `'${word}'`).join(' ');
    const found = await shell(
      'bash',
      ['--norc'],
      `source ${folder}/roadie.bash\nCOMP_WORDS=(${quoted}) COMP_CWORD=${words.length}\n_roadie\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`,
    );
    expect(found).toEqual(expected);
  });
});

// zsh and fish are no part of Roadie's own needs: where they are not installed there is nothing to complete in.
describe.skipIf(!(await exists('/usr/bin/zsh')))('zsh', () => {
  test.each(cases)('completes $words', async ({ words, expected }) => {
    const quoted = ['roadie', ...words].map((word) => `'${word}'`).join(' ');
    // What completes files and shows candidates belongs to zsh's line editor; here it prints what it is given.
    const script = `compdef() { }\n_describe() { print -rl -- "\${(@P)4}" }\n_files() { print -rl -- \${words[CURRENT]}*(N) }\nsource ${folder}/roadie.zsh\nwords=(${quoted}) CURRENT=${words.length + 1}\n_roadie\n`;
    const found = await shell('zsh', ['-f'], script);
    expect(found.map((line) => line.split(':')[0])).toEqual(expected);
  });
});

describe.skipIf(!(await exists('/usr/bin/fish')))('fish', () => {
  test.each(cases)('completes $words', async ({ words, expected }) => {
    const found = await shell('fish', ['--no-config'], `source ${folder}/roadie.fish\ncomplete -C '${name(words)}'\n`);
    expect(new Set(found.map((line) => line.split('\t')[0]))).toEqual(new Set(expected));
  });
});
