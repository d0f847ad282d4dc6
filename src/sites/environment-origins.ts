import type { SiteEnvironment } from '../contract/answers.ts';
import type { SiteRecord } from './record.ts';

type Origins = NonNullable<SiteEnvironment['origins']>;

/** Where each variable of a site's processes comes from: its owner, or Roadie and why. Tells no values. */
export function environmentOrigins(record: SiteRecord, names: readonly string[]): Origins {
  return Object.fromEntries(names.map((name) => [name, originOf(record, name)]));
}

function originOf(record: SiteRecord, name: string): Origins[string] {
  if (name in record.ownerEnvironment) return { by: 'owner', because: '`roadie env set`' };
  if (record.blueprint && name in record.blueprint.ownerEnvironment)
    return { by: 'owner', because: "[environment] of the project's config" };
  const read = record.blueprint?.facts.environment.find((each) => each.name === name);
  if (read) return { by: 'roadie', because: `read in ${read.where.file}:${read.where.line ?? 1}` };
  if (name === 'DJANGO_SETTINGS_MODULE')
    return { by: 'roadie', because: record.blueprint?.facts.settingsModule.because.says ?? 'the settings' };
  if (name === 'PATH' || name === 'HOME') return { by: 'roadie', because: 'programs of the live release' };
  return { by: 'roadie', because: 'how the processes run' };
}
