import { type Config, databaseEngines } from '../../config/config.ts';
import type { DatabaseEngine, EnvironmentName, Evidence, Fact, Requirement } from '../facts.ts';
import { engineFamily } from '../overlay/overlay-database.ts';
import { servicesToRun } from './compose.ts';
import { isCompose } from './paths.ts';
import type { Found, SettingsScan } from './scan.ts';

const drivers: Readonly<Record<string, DatabaseEngine>> = {
  psycopg: 'postgresql',
  psycopg2: 'postgresql',
  'psycopg2-binary': 'postgresql',
  'psycopg-binary': 'postgresql',
  psycopg2cffi: 'postgresql',
  mysqlclient: 'mysql',
  pymysql: 'mysql',
  'mysql-connector-python': 'mysql',
};

/**
 * The settings' default engine if it is a server; else the only driver that is declared; else SQLite. An engine in a branch
 * counts only together with its driver. Where the environment can choose another, an engine without its driver gives way to the
 * driver that is there, and SQLite, or a choice of drivers, to the server that the project's Compose file runs beside it.
 */
export function findDatabase(
  config: Config,
  settings: SettingsScan | undefined,
  requirements: readonly Requirement[],
  environment: readonly EnvironmentName[],
  texts: Readonly<Record<string, string>> = {},
): Fact<DatabaseEngine> {
  if (config.database)
    return { value: databaseEngines[config.database], because: { says: '`database` in the config' } };
  const declared = requirements.filter((one) => one.name in drivers);
  const kinds = [...new Set(declared.map((one) => drivers[one.name]))];
  const engines = (settings?.databaseEngines ?? []).map((found) => ({ found, engine: engineFamily(found.value) }));
  const urls = (settings?.databaseUrls ?? []).map((found) => ({
    found,
    engine: engineFamily(found.value.split(':')[0] ?? ''),
  }));
  // The first is 'default', as a rule; what follows are replicas and branches.
  const plain = [...urls, ...engines].find(({ found, engine }) => !found.conditional && engine !== undefined);
  const chosen = environment.some(({ purpose }) => purpose.startsWith('database-'));
  const [only] = declared;
  const driven = only && kinds.length === 1 ? drivers[only.name] : undefined;
  const old = chosen && driven !== undefined && driven !== plain?.engine;
  if (plain?.engine && plain.engine !== 'sqlite' && !old)
    return { value: plain.engine, because: fromSettings(titles[plain.engine], plain.found) };
  const beside = chosen ? composeServer(texts) : undefined;
  if (beside && (kinds.length !== 1 || kinds.includes(beside.value))) return beside;
  const byDefault = environment.find(({ fallback }) => /^sqlite3?$/.test(fallback ?? ''));
  const compose = Object.keys(texts).find((file) => isCompose(file));
  // A driver may be there for those who choose another.
  if (byDefault && compose !== undefined && !beside && plain === undefined)
    return {
      value: 'sqlite',
      because: { says: `SQLite: the default of ${byDefault.name}, and no other in ${compose}`, where: byDefault.where },
    };
  const mentioned = [...urls, ...engines].some(({ engine }) => engine === driven);
  // Next to a SQLite that nothing in the environment can change, a driver for MySQL is a leftover.
  const leftover = driven === 'mysql' && plain?.engine === 'sqlite' && !mentioned && !chosen;
  if (only && driven && !leftover) {
    const engine = driven;
    return {
      value: engine,
      because: {
        says: `${titles[engine]}: ${only.name} in ${only.where.file}:${only.where.line ?? 1}`,
        where: only.where,
      },
    };
  }
  if (kinds.includes('postgresql'))
    return {
      value: 'postgresql',
      because: { says: `PostgreSQL: ${kinds.length} drivers are declared, and it is the one that most use` },
    };
  const branch = [...urls, ...engines].find(({ engine }) => engine !== undefined && engine !== 'sqlite');
  if (branch?.engine && plain === undefined && !engines.some(({ engine }) => engine === 'sqlite'))
    return { value: branch.engine, because: fromSettings(titles[branch.engine], branch.found) };
  if (plain) return { value: 'sqlite', because: fromSettings('SQLite', plain.found) };
  return {
    value: 'sqlite',
    because: { says: 'SQLite: neither the settings nor the requirements name a database server' },
  };
}

/** Images with a database server, by the last part of their name. */
const databaseImage =
  /^(?:[\w.-]+(?::\d+)?\/)*(?:(postgres\w*|postgis|timescaledb[\w-]*|pgvector|pgautoupgrade)|(mysql|mariadb|percona)[\w-]*)(?:[:@]|$)/;

/** The database server that a Compose file of the project runs; undefined where none does, or several of different kinds. */
function composeServer(texts: Readonly<Record<string, string>>): Fact<DatabaseEngine> | undefined {
  const found = servicesToRun(texts).flatMap(({ image, file }): readonly Fact<DatabaseEngine>[] => {
    const [, postgresql, mysql] = databaseImage.exec(image?.text ?? '') ?? [];
    if (!image || (postgresql ?? mysql) === undefined) return [];
    const value = postgresql === undefined ? 'mysql' : 'postgresql';
    return [{ value, because: { says: `${titles[value]} in ${file}`, where: { file, line: image.line } } }];
  });
  return found.every((one) => one.value === found[0]?.value) ? found[0] : undefined;
}

function fromSettings(title: string, found: Found<string>): Evidence {
  return {
    says: `${title}: the default in ${found.file}:${found.line}`,
    where: { file: found.file, line: found.line },
  };
}

const titles: Readonly<Record<DatabaseEngine, string>> = {
  postgresql: 'PostgreSQL',
  mysql: 'MySQL or MariaDB',
  sqlite: 'SQLite',
};
