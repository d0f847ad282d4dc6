import type { Config } from '../config/config.ts';
import type { Blueprint } from './blueprint.ts';
import { failed, ok, type Result } from '../problems/problem.ts';

/** The name of a component that an owner may name as the edge. */
export type EdgeName = NonNullable<NonNullable<Config['edge']>['server']>;

/**
 * The edge that a host's sites name: there is one for all of them. What one site names counts for those that name nothing; undefined
 * where none does. Problem: `edge-conflict` where another site names a different one.
 */
export function namedEdge(
  named: EdgeName | undefined,
  others: readonly { readonly name: string; readonly edge: EdgeName | undefined }[],
): Result<EdgeName | undefined> {
  const other = others.find(({ edge }) => edge !== undefined);
  if (named === undefined || other === undefined || other.edge === named) return ok(named ?? other?.edge);
  return failed({
    code: 'edge-conflict',
    summary: `edge.server names ${named}, and the site ${other.name} names ${other.edge}: one edge serves all sites of a host`,
    cure: [
      "Remove edge.server from this site's config: then what the other names counts.",
      `Or remove it from that of ${other.name}, and bring that up first: \`roadie up\`.`,
    ],
  });
}

/** The blueprint of an earlier release with what the owner names now: the host's edge is nothing that a release takes back with it. */
export function withEdge<Kept extends Pick<Blueprint, 'edge'>>(
  blueprint: Kept,
  named: EdgeName | undefined,
): Omit<Kept, 'edge'> & Pick<Blueprint, 'edge'> {
  const { edge: _, ...kept } = blueprint;
  return { ...kept, ...(named !== undefined && { edge: named }) };
}
