import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { StateFile } from '../../src/machine/files/state-file.ts';
import { pause } from './until.ts';

const writer = fileURLToPath(new URL('state-writer.ts', import.meta.url));
/** The pinned one: whoever runs the tests may have a Node that cannot read TypeScript. */
const node = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));

/** What the writer writes: every text of one value is the same number, so that a mixture of two would show. */
export type Written = { readonly number: number; readonly texts: readonly string[] };

export type Torn = {
  readonly kills: number;
  /** Reads after a kill that threw, that had a value of no write, or an older one than a write that was over. */
  readonly torn: readonly string[];
  /** Files besides the state's after the next write that was not killed. */
  readonly litter: number;
};

/** Kills a process that writes state without a pause, again and again, and reads what is there each time. */
export async function killWriters(kills: number): Promise<Torn> {
  const folder = await mkdtemp(join(tmpdir(), 'roadie-torn-'));
  const path = join(folder, 'state.json');
  const torn: string[] = [];
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const child = spawn(node, ['--disable-warning=ExperimentalWarning', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const told = await killedAfter(child, 3 + (kill % 25));
      try {
        const value = await new StateFile<Written>(path).read();
        if (!value) throw new Error('nothing was ever written');
        if (value.texts.some((text) => text !== String(value.number))) torn.push(`kill ${kill}: a mixture`);
        else if (value.number < told) torn.push(`kill ${kill}: ${value.number} although ${told} was written`);
      } catch (error) {
        torn.push(`kill ${kill}: ${String(error)}`);
      }
    }
    await new StateFile<Written>(path).write({ number: 0, texts: [] });
    const litter = (await readdir(folder)).filter((name) => !name.startsWith('state.json')).length;
    return { kills, torn, litter };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Lets it write for some milliseconds and kills it. Answers the last number that it told to be written. */
async function killedAfter(child: ChildProcess, milliseconds: number): Promise<number> {
  let text = '';
  const begun = new Promise<void>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await begun;
  await pause(milliseconds);
  child.kill('SIGKILL');
  await gone;
  return Number(text.split('\n').at(-2) ?? 0);
}
