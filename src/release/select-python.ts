import { join } from 'node:path';

import { findPythons } from '../machine/programs.ts';
import { isRoot } from '../machine/system.ts';
import { listFolder } from '../machine/tree.ts';
import { ensureUv, installPython } from '../machine/uv.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import { choosePython, type FoundPython, seriesToInstall } from './python.ts';

/**
 * The interpreter for a project: one of this machine's or, where none fits, one that uv downloads into `tools/pythons`.
 * Throws `no-python` and `python-unsupported`.
 */
export async function selectPython(
  wanted: { readonly requires: string; readonly preferred?: string },
  door: { readonly tools: string; readonly network: Readonly<Record<string, string>>; readonly log?: string },
): Promise<FoundPython> {
  const found = await usablePythons(door.tools);
  const chosen = choosePython(wanted, found);
  if (chosen.ok) return chosen.value;
  const [problem] = chosen.problems;
  const series = seriesToInstall(wanted);
  const base = found.find(({ shared }) => shared);
  if (series === undefined || !base) throw new ProblemError(problem);
  const uv = await ensureUv(door.tools, {
    python: base.path,
    network: door.network,
    ...(door.log !== undefined && { log: door.log }),
  });
  if (uv === undefined) throw new ProblemError(problem);
  const words = await installPython(door.tools, uv, series, door.network, door.log);
  if (words !== undefined) throw new ProblemError(notDownloaded(problem, series, words));
  const again = choosePython(wanted, await usablePythons(door.tools));
  if (again.ok) return again.value;
  throw new ProblemError(again.problems[0]);
}

/** This machine's Pythons and those that uv installed for Roadie. Without root all is run by one user, who may have private ones. */
async function usablePythons(tools: string): Promise<readonly FoundPython[]> {
  const managed = join(tools, 'pythons');
  const names = (await listFolder(managed)).filter((name) => name.startsWith('cpython-'));
  const found = await findPythons(names.map((name) => join(managed, name, 'bin')));
  return isRoot() ? found : found.map(({ path, version }) => ({ path, version, shared: true }));
}

function notDownloaded(problem: Problem, series: string, words: string): Problem {
  const detail = [
    problem.detail,
    `Python ${series} could not be downloaded either: ${words.split('\n').slice(-4).join('\n')}`,
  ]
    .filter((part) => part !== undefined)
    .join('\n');
  return { ...problem, detail };
}
