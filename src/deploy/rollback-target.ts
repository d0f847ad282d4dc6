import type { ReleaseRecord } from '../sites/record.ts';
import { borderBetween, explainRisk } from '../django/migrations/migrations.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';

type Known = { readonly record: Pick<ReleaseRecord, 'id' | 'revision' | 'migrations'> };

/**
 * The release to go back to, of those that were live: the one named by its whole id, or by a beginning of its id or its commit that
 * only one has; without a name the one before the live one. Throws `unknown-release`.
 */
export function chooseRelease<Release extends Known>(
  kept: readonly Release[],
  live: string | undefined,
  wanted: string | undefined,
  site: string,
): Release {
  const candidates = kept.filter(({ record }) => record.id !== live);
  const found =
    wanted === undefined
      ? candidates.filter(({ record }) => live === undefined || record.id < live).slice(0, 1)
      : candidates.filter(({ record }) => record.id.startsWith(wanted) || record.revision.startsWith(wanted));
  const [first, second] = found;
  if (first && !second) return first;
  throw new ProblemError(unknownRelease(wanted, live, kept, site));
}

function unknownRelease(
  wanted: string | undefined,
  live: string | undefined,
  kept: readonly Known[],
  site: string,
): Problem {
  const summary =
    wanted === undefined
      ? `The site ${site} has no release before ${live ?? 'the first'} to go back to`
      : wanted === live
        ? `${wanted} is live already`
        : `The site ${site} has no one release '${wanted}'`;
  return {
    code: 'unknown-release',
    summary,
    detail: kept.length === 0 ? 'There is none.' : `There are: ${kept.map(({ record }) => record.id).join(', ')}`,
    cure: [`$ roadie releases ${site}`],
  };
}

/** Throws `rollback-refused` where a migration since then took away what the old code needs. */
export function refuseBorder(finished: readonly Known[], target: Known, site: string): void {
  const { migrations } = target.record;
  if (!migrations) return;
  const newer = finished.flatMap(({ record }) =>
    record.id > target.record.id && record.migrations ? [record.migrations] : [],
  );
  const border = borderBetween(newer, migrations);
  if (border.length === 0) return;
  throw new ProblemError({
    code: 'rollback-refused',
    summary: `The code of ${target.record.id} cannot live with the database as it is now`,
    detail: border.map((risk) => explainRisk(risk).what).join('\n'),
    cure: [
      'Fix the new code, or write a migration that brings the old shape back, and deploy that.',
      'To go back all the same, knowing that requests will fail:',
      `$ roadie rollback ${site} ${target.record.id} --force`,
    ],
  });
}
