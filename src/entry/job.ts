import { endFirstWhenMemoryIsShort } from '../machine/processes/processes.ts';
import { standardInputLines } from '../machine/terminal/standard-input.ts';
import type { ProcessSettings } from './settings.ts';
import { makeContext } from '../jobs/context.ts';
import { type JobInput, runJob } from '../jobs/run-job.ts';
import { askForTurns } from '../jobs/turns.ts';

/**
 * A job as a process: its request is the first line on standard input, its events and its end are lines on standard output. There it
 * also asks for turns, and further lines on standard input grant them.
 */
export async function runJobProcess(settings: ProcessSettings): Promise<number> {
  endFirstWhenMemoryIsShort();
  const lines = standardInputLines();
  const input = JSON.parse((await lines.next()) ?? '') as JobInput;
  // The daemon has gone: nobody reads, and the next `up` goes on from what was done.
  process.stdout.on('error', () => process.exit(1));
  const write = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const turns = askForTurns(input.turns === true, write, async () => (await lines.next()) ?? process.exit(1));
  await runJob(input, (id, emit) => makeContext(settings, { id, emit, turns }), write);
  lines.close();
  return 0;
}
