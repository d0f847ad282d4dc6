import type { Facts } from '../django/facts.ts';
import type { Blueprint } from './blueprint.ts';

/** A blueprint as earlier versions have written it: it knew where the site answers, the folder that was read, and Debian's packages. */
export type StoredBlueprint = Blueprint & {
  readonly domains?: unknown;
  readonly ports?: unknown;
  readonly debianPackages?: unknown;
  readonly facts: Facts & { readonly folder?: unknown };
};

/** A blueprint as it is now, whichever version has written it: where a site answers is its record's alone. */
export function currentBlueprint(stored: StoredBlueprint): Blueprint {
  const { domains: _, ports: __, debianPackages: ___, facts, ...rest } = stored;
  return { ...rest, facts: withoutFolder(facts) };
}

/** What was found out about a project, wherever it was read. */
export function withoutFolder(facts: Facts): Facts {
  const { folder: _, ...rest }: Facts & { readonly folder?: unknown } = facts;
  return rest;
}
