import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * Runs a program of Roadie's own that takes one JSON value a line on standard input, first `input`, and prints one JSON value per
 * line; `reply` writes further ones. Its standard error goes to this process's. Resolves with its exit code, or the signal that
 * ended it, once all lines were delivered.
 */
export async function runLines(
  command: readonly [string, ...string[]],
  input: unknown,
  onLine: (line: string, reply: (value: unknown) => void) => void,
): Promise<number | NodeJS.Signals> {
  const [program, ...rest] = command;
  // Before the process is there: what cannot be written must not leave one behind that waits for it.
  const text = JSON.stringify(input);
  // A session of its own: Ctrl-C in the terminal that started the daemon is not meant for the job.
  const child = spawn(program, rest, { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${text}\n`);
  const exit = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 1));
  });
  const reply = (value: unknown): void => void child.stdin.write(`${JSON.stringify(value)}\n`);
  for await (const line of createInterface({ input: child.stdout })) onLine(line, reply);
  child.stdin.end();
  return exit;
}
