import type { ProcessSettings } from './settings.ts';
import { runDaemon } from '../daemon/daemon.ts';
import { stackOf } from '../problems/stack.ts';

/** The daemon as a process: signals in, exit code out. SIGTERM and SIGINT end it, and its services live on. */
export async function runDaemonProcess(settings: ProcessSettings): Promise<number> {
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  // The terminal that started it may go away.
  process.on('SIGHUP', () => undefined);
  // A bug must not take the supervisor down: it is told, and the services live on.
  process.on('uncaughtException', (error) => process.stderr.write(`${stackOf(error)}\n`));
  process.on('unhandledRejection', (reason) => process.stderr.write(`${stackOf(reason)}\n`));
  const code = await runDaemon({
    layout: settings.layout,
    version: settings.version,
    jobCommand: settings.command('job'),
    signal: ending.signal,
  });
  // Adopted services and open sockets may still hold the event loop; nothing is left to do.
  process.exit(code);
}
