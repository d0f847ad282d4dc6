import { posix } from 'node:path';

import { migrationsMarker, type MigrationState, readMigrationState } from '../django/migrations/migrations.ts';
import { type ProbeAnswer, probeMarker, readProbe } from '../django/probe/probe.ts';
import { readText } from '../machine/files/files.ts';
import { pythonFolder } from '../source/scan-project.ts';
import type { BuildContext } from './context.ts';
import { inRelease } from './manage.ts';

/**
 * What Django answers about a new release, by `python/questions.py` in one process: the answers come one after the other while
 * the build goes on. Each may be asked for once or more, at any time.
 */
export type Questions = {
  /** With the overrides in force. */
  probe(): Promise<ProbeAnswer>;
  /** Hash of all that decides what collectstatic writes; undefined where nobody can tell. */
  staticSources(): Promise<string | undefined>;
  /** What Django's checks have against the project; undefined where nothing. */
  check(): Promise<string | undefined>;
  /** Undefined where Django could not tell. */
  migrations(): Promise<MigrationState | undefined>;
  /** Ends the process, should it still run. Resolves when it is gone. */
  stop(): Promise<void>;
};

const staticMarker = '--- roadie static ---';
const checkMarker = '--- roadie check ---';

/** How long all answers together may take, in seconds. */
const patience = 600;

/** Starts to ask. The overlay has been written, and the environment is that of the build's state. */
export async function askQuestions(context: BuildContext): Promise<Questions> {
  const source = async (name: string): Promise<string> => (await readText(posix.join(pythonFolder, name))) ?? '';
  const sources = { probe: await source('probe.py'), migrations: await source('migrations.py') };
  const stopping = new AbortController();
  const answers = new Answers();
  // By standard input: the build's user need not be able to read Roadie's own folder.
  const ended = inRelease(context, [context.paths.python, '-'], {
    input: `SOURCES = ${JSON.stringify(sources)}\n${await source('questions.py')}`,
    timeoutSeconds: patience,
    signal: stopping.signal,
    onOutput: (chunk) => answers.add(chunk),
  });
  void ended.then(() => answers.end());
  return {
    async probe() {
      const line = await answers.behind(probeMarker);
      if (line !== undefined) return readProbe(`${probeMarker}\n${line}`);
      const { stdout, stderr, timedOut } = await ended;
      return readProbe(stdout, timedOut ? `It did not end within ${patience} seconds.` : stderr);
    },
    async staticSources() {
      return textOf(await answers.behind(staticMarker), 'sources');
    },
    async check() {
      const line = await answers.behind(checkMarker);
      if (line !== undefined) return textOf(line, 'words');
      const { stderr, timedOut } = await ended;
      return timedOut ? `They did not end within ${patience} seconds.` : stderr;
    },
    async migrations() {
      const line = await answers.behind(migrationsMarker);
      return line === undefined ? undefined : readMigrationState(`${migrationsMarker}\n${line}`);
    },
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** Lines that follow marker lines in a stream. */
export class Answers {
  readonly #found = new Map<string, PromiseWithResolvers<string | undefined>>();
  readonly #decoder = new TextDecoder();
  #rest = '';
  #before = '';
  #ended = false;

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.#before.startsWith('--- roadie ')) this.#place(this.#before).resolve(line);
      this.#before = line;
    }
  }

  /** No more will come. */
  end(): void {
    this.#ended = true;
    for (const place of this.#found.values()) place.resolve(undefined);
  }

  /** The line behind a marker; undefined where the stream ended without. */
  async behind(marker: string): Promise<string | undefined> {
    const place = this.#place(marker);
    if (this.#ended) place.resolve(undefined);
    return place.promise;
  }

  #place(marker: string): PromiseWithResolvers<string | undefined> {
    const known = this.#found.get(marker);
    if (known) return known;
    const place = Promise.withResolvers<string | undefined>();
    this.#found.set(marker, place);
    return place;
  }
}

function textOf(line: string | undefined, name: string): string | undefined {
  const answer: unknown = line === undefined ? undefined : JSON.parse(line);
  const value =
    typeof answer === 'object' && answer !== null ? Object.entries(answer).find(([key]) => key === name) : undefined;
  return typeof value?.[1] === 'string' ? value[1] : undefined;
}
