import { currentBlueprint } from '../blueprint/stored.ts';
import type { SiteRecord } from './record.ts';

/*
 * What earlier versions have written to disk, as it is read today. Nothing is rewritten for it: the next write of a job has the
 * new form.
 */

/** A site's record of any version, as today's. */
export function currentRecord(record: SiteRecord): SiteRecord {
  return record.blueprint ? { ...record, blueprint: currentBlueprint(record.blueprint) } : record;
}
