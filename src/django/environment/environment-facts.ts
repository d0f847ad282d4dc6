import type { EnvironmentName, Purpose } from '../facts.ts';
import { prefixesOf, purposeOf } from './environment-names.ts';
import type { EnvironmentRead, ProjectScan, SettingsScan } from '../read/scan.ts';

/** The variables that the settings and the Celery applications read, each with its purpose, in the order of the source. */
export function findEnvironment(scan: ProjectScan, settings: SettingsScan | undefined): readonly EnvironmentName[] {
  const reads = settings?.environment ?? [];
  const name = settings?.module.split('.')[0] ?? '';
  const known = new Set(reads.map((read) => read.name));
  const others = scan.celery.flatMap((one) => one.environment).filter((read) => !known.has(read.name));
  const production = settings?.classes.find((name) => /^(Prod|Production|Live)/.test(name)) ?? settings?.classes.at(-1);
  const prefixes = prefixesOf(
    reads.map((read) => read.name),
    [name],
  );
  const chosen: readonly EnvironmentName[] =
    settings && production !== undefined
      ? [
          {
            name: 'DJANGO_CONFIGURATION',
            purpose: 'settings-module',
            required: true,
            fallback: production,
            where: { file: settings.file },
          },
        ]
      : [];
  // What a Celery module reads itself goes to Celery, which writes a socket's address in its own way.
  const names = [...reads, ...others].map((read): EnvironmentName => {
    const purpose = purposeOf(read.name, prefixes, read.reader);
    return named(read, others.includes(read) && purpose === 'redis-url' ? 'broker-url' : purpose);
  });
  return [...chosen, ...names];
}

function named(read: EnvironmentRead, purpose: Purpose): EnvironmentName {
  const { name, required, fallback, choices } = read;
  const where = { file: read.file, line: read.line };
  const known = { name, purpose, required, where };
  if (fallback !== null && choices.length > 0) return { ...known, fallback, choices };
  if (fallback !== null) return { ...known, fallback };
  return choices.length > 0 ? { ...known, choices } : known;
}
