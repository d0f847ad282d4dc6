import { describe, expect, it } from 'vitest';

import { requirement } from '../../../test/rig/samples.ts';
import type { EnvironmentName } from '../facts.ts';
import { findDatabase } from './database.ts';
import type { SettingsScan } from './scan.ts';

function settings(...engines: readonly string[]): SettingsScan {
  const databaseEngines = engines.map((value) => ({ value, file: 'settings.py', line: 1, conditional: false }));
  return { databaseEngines, databaseUrls: [] } as unknown as SettingsScan;
}

const read: EnvironmentName = {
  name: 'DATABASE_URL',
  purpose: 'database-url',
  required: false,
  where: { file: 'settings.py' },
};

describe('the database of a project', () => {
  it('is what its settings name', () => {
    for (const [engine, value] of [
      ['django.db.backends.mysql', 'mysql'],
      ['mysql.connector.django', 'mysql'],
      ['django.db.backends.postgresql', 'postgresql'],
      ['django.db.backends.sqlite3', 'sqlite'],
    ] as const)
      expect(findDatabase({}, settings(engine), [], []).value).toBe(value);
  });

  it('is not MySQL for a driver that was left over beside SQLite, unless the environment can change it', () => {
    const sqlite = settings('django.db.backends.sqlite3');
    const declared = [requirement('mysqlclient')];
    expect(findDatabase({}, sqlite, declared, []).value).toBe('sqlite');
    expect(findDatabase({}, sqlite, declared, [read]).value).toBe('mysql');
    expect(findDatabase({}, undefined, declared, []).value).toBe('mysql');
    expect(
      findDatabase({}, settings('django.db.backends.sqlite3', 'django.db.backends.mysql'), declared, []).value,
    ).toBe('mysql');
  });

  it('is what the only driver is for, where the settings name another server in a default of old', () => {
    const declared = [requirement('psycopg')];
    const mysql = settings('django.db.backends.mysql');
    expect(findDatabase({}, mysql, declared, [read]).value).toBe('postgresql');
    expect(findDatabase({}, mysql, declared, []).value).toBe('mysql');
    expect(findDatabase({}, mysql, [...declared, requirement('mysqlclient')], [read]).value).toBe('mysql');
  });

  it('is what its Compose file runs beside it, where the settings leave the choice to the environment', () => {
    const texts = (image: string) => ({ 'docker-compose.yml': `services:\n  db:\n    image: ${image}\n` });
    const sqlite = settings('django.db.backends.sqlite3');
    const drivers = [requirement('psycopg'), requirement('mysqlclient')];
    expect(findDatabase({}, sqlite, drivers, [read], texts('mariadb:11')).value).toBe('mysql');
    expect(findDatabase({}, sqlite, drivers, [read], texts('"postgis/postgis:17-3.5"')).value).toBe('postgresql');
    expect(findDatabase({}, sqlite, [], [read], texts('docker.io/library/postgres:17')).value).toBe('postgresql');
    expect(findDatabase({}, sqlite, [], [], texts('postgres:17')).value).toBe('sqlite');
    expect(findDatabase({}, sqlite, [], [read], { 'compose.dev.yml': 'image: postgres' }).value).toBe('sqlite');
  });

  it('is SQLite where that is the default of a variable, and Compose runs no server beside it', () => {
    const choice: EnvironmentName = { ...read, name: 'DB_ENGINE', purpose: 'database-engine', fallback: 'sqlite' };
    const compose = { 'compose.yml': 'services:\n  web:\n    build: .\n' };
    expect(findDatabase({}, settings(), [requirement('psycopg')], [choice], compose).value).toBe('sqlite');
    expect(findDatabase({}, settings(), [requirement('psycopg')], [choice], {}).value).toBe('postgresql');
  });

  it.each(['mariadb', 'mysql'] as const)('is what the config names: %s', (database) => {
    expect(findDatabase({ database }, settings('django.db.backends.sqlite3'), [], []).value).toBe('mysql');
  });
});
