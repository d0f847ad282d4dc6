import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * Asks on the terminal and resolves with the line typed; undefined at end of input or Ctrl-C. `hidden`: what is typed is not
 * shown.
 */
export function ask(question: string, options: { readonly hidden?: boolean } = {}): Promise<string | undefined> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stdout.write(question);
  const reader = createInterface({
    input: process.stdin,
    output: options.hidden === true ? silent : process.stdout,
    terminal: process.stdin.isTTY,
  });
  return new Promise((resolve) => {
    let answer: string | undefined;
    reader.once('line', (line) => {
      answer = line;
      reader.close();
    });
    reader.once('SIGINT', () => reader.close());
    reader.once('close', () => {
      if (options.hidden === true || answer === undefined) process.stdout.write('\n');
      // Else an open standard input keeps the program from ending.
      process.stdin.pause();
      resolve(answer);
    });
  });
}

/** Calls the listener at Ctrl-C and at SIGTERM instead of ending the process; the returned function takes it back. */
export function onInterrupt(listener: () => void): () => void {
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
