import type { EnvironmentName } from './facts.ts';
import { prefixesOf, purposeOf } from './environment-names.ts';
import type { EnvironmentRead, ProjectScan, SettingsScan } from './scan.ts';

/** The variables that the settings and the Celery applications read, each with its purpose, in the order of the source. */
export function findEnvironment(scan: ProjectScan, settings: SettingsScan | undefined): readonly EnvironmentName[] {
  const reads = settings?.environment ?? [];
  const package_ = settings?.module.split('.')[0] ?? '';
  const known = new Set(reads.map((read) => read.name));
  const others = scan.celery.flatMap((one) => one.environment).filter((read) => !known.has(read.name));
  const production = settings?.classes.find((name) => /^(Prod|Production|Live)/.test(name)) ?? settings?.classes.at(-1);
  const prefixes = prefixesOf(reads.map((read) => read.name), [package_]);
  const chosen: readonly EnvironmentName[] = settings && production !== undefined ? [{ name: 'DJANGO_CONFIGURATION', purpose: 'settings-module', required: true, fallback: production, where: { file: settings.file } }] : [];
  const names = [...reads, ...others].map((read): EnvironmentName => ({
    name: read.name,
    purpose: others.includes(read) && /REDIS/.test(read.name) ? brokerPurpose(read, prefixes) : purposeOf(read.name, prefixes, read.reader),
    required: read.required,
    ...(read.fallback !== null && { fallback: read.fallback }),
    ...(read.choices.length > 0 && { choices: read.choices }),
    where: { file: read.file, line: read.line },
  }));
  return [...chosen, ...names];
}

/** What a Celery module reads itself goes to Celery, which writes a socket's address in its own way. */
function brokerPurpose(read: EnvironmentRead, prefixes: readonly string[]): EnvironmentName['purpose'] {
  const purpose = purposeOf(read.name, prefixes, read.reader);
  return purpose === 'redis-url' ? 'broker-url' : purpose;
}
