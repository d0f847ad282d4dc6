import { appendFileSync, renameSync, statSync } from 'node:fs';

import { readText } from './files.ts';

/** A log of lines with one predecessor: when it grows beyond its limit it becomes `PATH.1` and a new one begins. */
export class AppendFile {
  readonly path: string;
  readonly #maxBytes: number;
  #size: number;

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#size = sizeOf(path);
  }

  /** Adds text at once: what is logged just before a crash is what one wants to read. A full disk loses lines and stops nothing. */
  append(text: string): void {
    try {
      if (this.#size > this.#maxBytes) {
        renameSync(this.path, `${this.path}.1`);
        this.#size = 0;
      }
      appendFileSync(this.path, text, { mode: 0o640 });
      this.#size += Buffer.byteLength(text);
    } catch {
      // Logging is never a reason to fail.
    }
  }

  /** All that is kept, the older part first. */
  async read(): Promise<string> {
    return `${(await readText(`${this.path}.1`)) ?? ''}${(await readText(this.path)) ?? ''}`;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
