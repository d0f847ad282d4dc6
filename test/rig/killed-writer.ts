import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as later } from 'node:timers/promises';

import { pinnedNode } from './pinned-node.ts';

/**
 * Runs a script that writes for ever and prints a line once it is at it, kills it so many milliseconds after that line, and
 * resolves when it is gone. The moment only varies what the kill meets: what must hold, must hold at any.
 */
export async function killedWhileWriting(script: string, milliseconds: number): Promise<void> {
  const child = spawn(pinnedNode, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), gone]);
  if (child.exitCode !== null) throw new Error('the writer ended by itself');
  await later(milliseconds);
  child.kill('SIGKILL');
  await gone;
}
