import { createHash } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

import { ProblemError } from '../../problems/problem.ts';
import { readText, removeLeftovers, writeAtomically } from './files.ts';

type Envelope = { readonly generation: number; readonly checksum: string; readonly value: unknown };

/**
 * A JSON value in a file: written whole, with a generation and a checksum, the copy before it kept as `PATH.previous`.
 * One writer at a time; readers always see a whole value.
 */
export class StateFile<T> {
  readonly path: string;
  readonly #mode: number;

  constructor(path: string, mode = 0o600) {
    this.path = path;
    this.#mode = mode;
  }

  /** The value, from the previous copy where the newest is damaged; undefined where there is neither. Throws `state-damaged` where both are unreadable. */
  async read(): Promise<T | undefined> {
    return (await this.#load())?.envelope.value as T | undefined;
  }

  async write(value: T): Promise<void> {
    const before = await this.#load();
    // A damaged copy must not take the place of the good one.
    if (before?.newest) {
      // A hard link first, so that there is never a moment without a whole copy under one of the two names.
      const previous = `${this.path}.previous`;
      await rm(previous, { force: true });
      await link(this.path, previous).catch(() => undefined);
    }
    const envelope: Envelope = { generation: (before?.envelope.generation ?? 0) + 1, checksum: checksum(value), value };
    await writeAtomically(this.path, `${JSON.stringify(envelope)}\n`, { mode: this.#mode });
    await removeLeftovers(dirname(this.path));
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(`${this.path}.previous`, { force: true });
  }

  async #load(): Promise<{ readonly envelope: Envelope; readonly newest: boolean } | undefined> {
    const newest = await readText(this.path);
    const parsed = newest === undefined ? undefined : parse(newest);
    if (parsed) return { envelope: parsed, newest: true };
    const previous = await readText(`${this.path}.previous`);
    const fallback = previous === undefined ? undefined : parse(previous);
    if (fallback) return { envelope: fallback, newest: false };
    if (newest === undefined) return undefined;
    throw new ProblemError({
      code: 'state-damaged',
      summary: `${this.path} is not what Roadie wrote: its checksum does not match`,
      where: { file: this.path },
      cure: [
        'Put back a copy of that file from a backup.',
        'Or move it away and run `roadie up` for the site again: its data is not in this file.',
      ],
    });
  }
}

function parse(text: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(text) as Envelope;
    return envelope.checksum === checksum(envelope.value) ? envelope : undefined;
  } catch {
    return undefined;
  }
}

function checksum(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
