import { endFirstWhenMemoryIsShort } from '../machine/processes/processes.ts';
import { readStandardInput } from '../machine/terminal/standard-input.ts';
import type { ProcessSettings } from './settings.ts';
import { makeContext } from '../jobs/context.ts';
import { type JobInput, runJob } from '../jobs/run-job.ts';

/** A job as a process: its request on standard input, its events and its end as lines on standard output. */
export async function runJobProcess(settings: ProcessSettings): Promise<number> {
  endFirstWhenMemoryIsShort();
  const input = JSON.parse(await readStandardInput()) as JobInput;
  // The daemon has gone: nobody reads, and the next `up` goes on from what was done.
  process.stdout.on('error', () => process.exit(1));
  await runJob(
    input,
    (id, emit) => makeContext(settings, id, emit),
    (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
  );
  return 0;
}
