import { appendFileSync, closeSync, openSync, readSync, renameSync, statSync } from 'node:fs';

import { readText } from './files.ts';

/** A log of lines with one predecessor: when it grows beyond its limit it becomes `PATH.1` and a new one begins. */
export class AppendFile {
  readonly path: string;
  readonly #maxBytes: number;
  #size: number;
  /** What comes before the next text: ends a line that the writer before was killed in. */
  #before: string;

  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#size = sizeOf(path);
    this.#before = lastByte(path, this.#size) === '\n' ? '' : '\n';
  }

  /** Adds text at once: what is logged just before a crash is what one wants to read. A full disk loses lines and stops nothing. */
  append(text: string): void {
    try {
      if (this.#size > this.#maxBytes) {
        renameSync(this.path, `${this.path}.1`);
        this.#size = 0;
      }
      const whole = this.#size === 0 ? text : this.#before + text;
      appendFileSync(this.path, whole, { mode: 0o600 });
      this.#before = '';
      this.#size += Buffer.byteLength(whole);
    } catch {
      // Logging is never a reason to fail.
    }
  }

  /** All that is kept, the older part first. */
  async read(): Promise<string> {
    return `${(await readText(`${this.path}.1`)) ?? ''}${(await readText(this.path)) ?? ''}`;
  }
}

/** Undefined where there is none, or none that can be read. */
function lastByte(path: string, size: number): string | undefined {
  if (size === 0) return undefined;
  try {
    const file = openSync(path, 'r');
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, size - 1);
    closeSync(file);
    return byte.toString('latin1');
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
