import { fileURLToPath } from 'node:url';

import type { ProjectScan } from '../django/read/scan.ts';
import { type MigrationRisk, readRisks } from '../django/migrations/migrations.ts';
import { ProblemError } from '../problems/problem.ts';
import type { RunAs } from '../services/service.ts';
import { run } from '../machine/processes/run.ts';
import { typed } from '../problems/shell-word.ts';

/** Absolute path of the folder with the Python files that Roadie runs in virtualenvs or puts there; its folder `scan` needs none. */
export const pythonFolder: string = fileURLToPath(new URL('../../python', import.meta.url));

/**
 * Reads a project without running any of its code. `python` is an interpreter of 3.8 or newer, which needs nothing installed.
 * `laid`: contents by path of files that a release gets besides, or instead; null where it has no such file. Throws
 * `source-missing` where the folder cannot be read.
 */
export async function scanProject(
  folder: string,
  options: {
    readonly python: string;
    readonly user?: RunAs;
    readonly laid?: ReadonlyMap<string, Uint8Array | null>;
  },
): Promise<ProjectScan> {
  const { laid } = options;
  const more =
    laid && laid.size > 0 ? { input: JSON.stringify(Object.fromEntries([...laid].map(encoded))) } : undefined;
  // -I: neither the environment nor the current folder may add modules to the interpreter. -B: it writes nothing beside itself.
  const command = [options.python, '-I', '-B', `${pythonFolder}/scan`, folder, ...(more ? ['-'] : [])] as const;
  const result = await run([...command], {
    timeoutSeconds: 120,
    ...more,
    ...(options.user && { user: options.user }),
  });
  const scan = result.code === 0 ? parse(result.stdout) : undefined;
  if (scan) return scan;
  if (result.code === 2) {
    throw new ProblemError({
      code: 'source-missing',
      summary: `${folder} is not a folder that can be read`,
      detail: result.stderr.trim(),
      where: { file: folder },
      cure: ['Give the path of the folder that holds manage.py, or the address of its repository.'],
    });
  }
  throw new ProblemError({
    code: result.code === 127 ? 'no-python' : 'command-failed',
    summary: result.timedOut
      ? `${folder} could not be read within 120 seconds`
      : `${options.python} could not read the project in ${folder}`,
    detail: result.stderr.trim().slice(-2000),
    cure:
      result.code === 127 ? ['Install Python 3.', '$ apt-get install python3'] : [`$ ${command.map(typed).join(' ')}`],
  });
}

/**
 * What of these migrations (paths in the folder) the running release could not live with, as far as their text tells; empty where
 * they cannot be read, since the release's own look at them follows.
 */
export async function readPendingMigrations(
  folder: string,
  files: readonly string[],
  options: { readonly python: string; readonly user?: RunAs },
): Promise<readonly MigrationRisk[]> {
  if (files.length === 0) return [];
  const command = [options.python, '-I', '-B', `${pythonFolder}/scan/pending_migrations.py`, folder, ...files] as const;
  const result = await run([...command], { timeoutSeconds: 60, ...(options.user && { user: options.user }) });
  return result.code === 0 ? readRisks(result.stdout) : [];
}

function encoded([path, content]: readonly [string, Uint8Array | null]): readonly [string, string | null] {
  return [path, content && Buffer.from(content).toString('base64')];
}

/** Undefined where the answer was cut short. */
function parse(text: string): ProjectScan | undefined {
  try {
    return JSON.parse(text) as ProjectScan;
  } catch {
    return undefined;
  }
}
