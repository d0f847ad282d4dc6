import type { EnvironmentName, Purpose } from '../facts.ts';
import { prefixesOf, purposeOf } from './environment-names.ts';
import { isOwnFolder } from './folders.ts';
import type { EnvironmentRead, ProjectScan, SettingsScan } from '../read/scan.ts';

/** The variables that the settings and the Celery applications read, each with its purpose, in the order of the source. */
export function findEnvironment(scan: ProjectScan, settings: SettingsScan | undefined): readonly EnvironmentName[] {
  const production = settings?.classes.find((name) => /^(Prod|Production|Live)/.test(name)) ?? settings?.classes.at(-1);
  const reads = inClass(settings?.environment ?? [], production);
  const name = settings?.module.split('.')[0] ?? '';
  const known = new Set(reads.map((read) => read.name));
  const others = scan.celery.flatMap((one) => one.environment).filter((read) => !known.has(read.name));
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
    const purpose = purposeOfRead(read, prefixes);
    return named(read, others.includes(read) && purpose === 'redis-url' ? 'broker-url' : purpose);
  });
  return [...chosen, ...names];
}

/** What is read once that class is chosen: what other classes ask for is not. */
function inClass(reads: readonly EnvironmentRead[], production: string | undefined): readonly EnvironmentRead[] {
  const fitting = reads.filter(({ classes }) => classes === undefined || classes.includes(production ?? ''));
  // A class overrides what it takes from another, and comes after it.
  return fitting.filter((read, index) => fitting.findLastIndex(({ name }) => name === read.name) === index);
}

const settingPurposes: Readonly<Record<string, Purpose>> = {
  SECRET_KEY: 'secret-key',
  ALLOWED_HOSTS: 'allowed-hosts',
  CSRF_TRUSTED_ORIGINS: 'csrf-origins',
  STATIC_ROOT: 'static-root',
  MEDIA_ROOT: 'media-root',
};

/** By the reader and the name, else by the setting that it becomes. */
function purposeOfRead(read: EnvironmentRead, prefixes: readonly string[]): Purpose {
  const purpose = purposeOf(read.name, prefixes, read.reader);
  if (purpose !== 'other') return purpose;
  const byAssignment = settingPurposes[read.setting ?? ''];
  if (byAssignment) return byAssignment;
  // Whatever prefix a class of settings or a helper has: what is demanded and ends so means the setting.
  const ending = /_(ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS|STATIC_ROOT|MEDIA_ROOT)$/.exec(read.name)?.[1];
  const byEnding = read.required ? settingPurposes[ending ?? ''] : undefined;
  if (byEnding) return byEnding;
  const folder = isOwnFolder({
    name: read.name,
    required: read.required,
    ...(read.fallback !== null && { fallback: read.fallback }),
  });
  return folder ? 'folder' : 'other';
}

/** Readers that say more of a value than the name of its variable does. */
const telling = /cache|^pydantic$|^dynaconf$/;

function named(read: EnvironmentRead, purpose: Purpose): EnvironmentName {
  const { name, required, fallback, choices, cast, separator, reader } = read;
  return {
    name,
    purpose,
    required,
    where: { file: read.file, line: read.line },
    ...(fallback !== null && { fallback }),
    ...(choices.length > 0 && { choices }),
    ...(cast !== null && { cast }),
    ...(separator !== null && separator !== ',' && { separator }),
    ...(telling.test(reader) && { reader }),
  };
}
