import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs a program of Roadie's own that takes one JSON value on standard input and prints one JSON value per line.
 * Its standard error goes to this process's. Resolves with its exit code, or the signal that ended it, once all lines were
 * delivered.
 */
export async function runLines(
  command: readonly [string, ...string[]],
  input: unknown,
  onLine: (line: string) => void,
): Promise<number | NodeJS.Signals> {
  const [program, ...rest] = command;
  // Before the process is there: what cannot be written must not leave one behind that waits for it.
  const text = JSON.stringify(input);
  // A session of its own: Ctrl-C in the terminal that started the daemon is not meant for the job.
  const child = spawn(program, rest, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  const exit = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  return exit;
}
