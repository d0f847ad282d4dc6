import { createInterface } from 'node:readline';

/** All of standard input as text; '' where it is a terminal. */
export async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Standard input line by line; undefined at its end. `close`: nothing more is read, and it keeps no process alive. */
export function standardInputLines(): { next(): Promise<string | undefined>; close(): void } {
  const reader = createInterface({ input: process.stdin });
  const lines = reader[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? undefined : value;
    },
    close: () => {
      reader.close();
      process.stdin.destroy();
    },
  };
}
