import { findPythons } from '../machine/pythons.ts';
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
  const found = await findPythons(door.tools);
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
  const again = choosePython(wanted, await findPythons(door.tools));
  if (again.ok) return again.value;
  throw new ProblemError(again.problems[0]);
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
