import { readFileSync } from 'node:fs';

import { allProcesses, signalProcess } from '../../src/machine/processes/processes.ts';
import { Load } from './load.ts';
import type { Ours } from './ours.ts';

/** What is killed: the process that does the work, or the daemon that started it. */
export type Victim = 'job' | 'daemon';

export type KilledAtStep = {
  readonly step: string;
  readonly victim: Victim;
  /** What visitors saw from before the kill until the next `up` was over. */
  readonly failed: number;
  readonly sent: number;
  /** What is not as it should be; empty where all is. */
  readonly wrong: readonly string[];
};

/**
 * Deploys again and again, each time killing the victim when the next step begins; the `up` after it must bring the new code. `steps`
 * chooses among them by their number, from 0. Resolves when a deploy has no more.
 */
export async function killAtEachStep(
  ours: Ours,
  victim: Victim,
  options: { readonly rate: number; readonly steps?: readonly number[]; readonly say: (text: string) => void },
): Promise<readonly KilledAtStep[]> {
  const results: KilledAtStep[] = [];
  for (let index = 0; options.steps === undefined || index < options.steps.length; index += 1) {
    const result = await killAtStep(ours, victim, options.steps?.[index] ?? index, options.rate);
    if (!result) break;
    options.say(
      `${victim} killed at ${result.step}: ${result.failed} of ${result.sent} failed ${result.wrong.join('; ')}`,
    );
    results.push(result);
  }
  return results;
}

async function killAtStep(ours: Ours, victim: Victim, number: number, rate: number): Promise<KilledAtStep | undefined> {
  const before = await ours.health();
  const said = await ours.change();
  const daemon = (await ours.status()).daemon.pid;
  const load = new Load(ours.member, { rate });
  let seen = 0;
  let step: string | undefined;
  await ours.watch(ours.upWords, (event) => {
    if (event['type'] !== 'step-started') return;
    if (seen === number) {
      step = String(event['step']);
      signalProcess(victim === 'daemon' ? daemon : jobOf(daemon), 'SIGKILL');
    }
    seen += 1;
  });
  const wrong: string[] = [];
  if (step !== undefined) {
    const after = await ours.health();
    if (after !== before && after !== said) wrong.push(`it said '${after}'`);
    const ran = await ours.up();
    if (ran.code !== 0) wrong.push(`the next up failed: ${ran.all.split('\n').slice(-12).join('\n')}`);
    const end = await ours.health();
    if (end !== said) wrong.push(`it says '${end}' and not '${said}'`);
  }
  const { failures, sent } = await load.end();
  await ours.settled();
  if (step === undefined) return undefined;
  if (failures[0]) wrong.push(`${failures[0].method} ${failures[0].path}: ${failures[0].why}`);
  return { step, victim, failed: failures.length, sent, wrong };
}

/** The process of the job that a daemon has started. */
function jobOf(daemon: number): number {
  for (const [pid, { parent }] of allProcesses()) {
    if (parent !== daemon) continue;
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (words.includes('job')) return pid;
  }
  throw new Error('no job runs');
}
