import type { Blueprint } from '../blueprint/blueprint.ts';
import type { SiteRecord } from './record.ts';

/*
 * What earlier versions have written to disk, as it is read today. Nothing is rewritten for it: the next write of a job has the
 * new form.
 */

/** A blueprint without the domains and ports that it had beside the record's own: where a site answers is the record's alone. */
export function currentBlueprint(blueprint: Blueprint): Blueprint {
  const { domains: _, ports: __, ...rest } = blueprint as Blueprint & { domains?: unknown; ports?: unknown };
  return rest;
}

/** A site's record of any version, as today's. */
export function currentRecord(record: SiteRecord): SiteRecord {
  return record.blueprint ? { ...record, blueprint: currentBlueprint(record.blueprint) } : record;
}
