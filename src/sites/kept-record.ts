import { join } from 'node:path';

import type { SiteRecord } from './record.ts';
import { ensureFolder } from '../machine/files/files.ts';
import { StateFile } from '../machine/files/state-file.ts';

/** Where what is needed to come back lies while a site is down. */
export function keptRecord(sites: string, site: string): StateFile<SiteRecord> {
  return new StateFile<SiteRecord>(join(sites, site, 'config', 'site.json'));
}

/** Secrets and the owner's variables belong to the data: the database's rows were made under them. */
export async function keepForLater(record: SiteRecord, sites: string): Promise<void> {
  const { name, request, domains, ports, ownerEnvironment, secrets } = record;
  await ensureFolder(join(sites, name, 'config'), { mode: 0o750 });
  await keptRecord(sites, name).write({ name, request, domains, ports, ownerEnvironment, secrets });
}
