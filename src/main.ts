import { readSettings } from './entry/settings.ts';

/**
 * One program, three lives: the command line, the daemon (`daemon run`), and a job that the daemon starts (`job`). Each loads
 * only what it needs: what the daemon loads, it holds for months.
 */
async function main(): Promise<number> {
  // Whatever the shell has: with 000 files would be everybody's to change, with 077 apt would install what nobody else can read.
  // What is written for one reader alone gets its mode when it is made.
  process.umask(0o022);
  const settings = readSettings(process.env);
  const [first, second] = process.argv.slice(2);
  if (first === 'job') {
    const { runJobProcess } = await import('./entry/job.ts');
    return runJobProcess(settings);
  }
  if (first === 'daemon' && second === 'run' && process.argv.length === 4) {
    const { runDaemonProcess } = await import('./entry/daemon.ts');
    return runDaemonProcess(settings);
  }
  if (first === 'warm') {
    // Loads everything, so that the compile cache has it (see scripts/toolchain).
    await Promise.all([
      import('./entry/job.ts'),
      import('./jobs/inspect.ts'),
      import('./entry/daemon.ts'),
      import('./entry/cli.ts'),
    ]);
    return 0;
  }
  const { runCliProcess } = await import('./entry/cli.ts');
  return runCliProcess(settings, process.argv.slice(2), process.env);
}

// Not process.exit: what was written to a pipe must get there first.
process.exitCode = await main();
