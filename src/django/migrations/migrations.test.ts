import { describe, expect, test } from 'vitest';

import {
  borderBetween,
  explainRisk,
  isBorder,
  type MigrationRisk,
  pendingFiles,
  readMigrationState,
  readRisks,
} from './migrations.ts';

const risk = (migration: string, kind: MigrationRisk['kind']): MigrationRisk => ({
  migration,
  kind,
  operation: 'Remove field mood from note',
  subject: 'notes.Note.mood',
});

describe('what Django tells about migrations', () => {
  test('is read behind its marker, whatever the project prints before', () => {
    const state = {
      applied: ['notes.0001_initial'],
      pending: [],
      hooks: false,
      risks: [],
      unmade: [],
      bare: [],
      changed: [],
      extensions: [],
    };
    const printed = `hello\n--- roadie migrations ---\n${JSON.stringify(state)}\n`;
    expect(readMigrationState(printed)).toEqual(state);
  });

  test('is unknown where it is something else', () => {
    expect(readMigrationState('')).toBeUndefined();
    expect(readMigrationState('--- roadie migrations ---\n{"applied": 1}')).toBeUndefined();
    expect(readMigrationState('--- roadie migrations ---\nTraceback')).toBeUndefined();
  });
});

describe('migrations that are to come', () => {
  const applied = ['notes.0001_initial', 'auth.0001_initial'];

  test('are those of known apps that the database has not', () => {
    const files = [
      'src/notes/migrations/0001_initial.py',
      'src/notes/migrations/0002_more.py',
      'src/notes/migrations/__init__.py',
      'src/notes/migrations/0002_more.txt',
      'src/notes/models.py',
      'new/migrations/0001_initial.py',
    ];
    expect(pendingFiles(files, applied)).toEqual(['src/notes/migrations/0002_more.py']);
    expect(pendingFiles(['notes/migrations/0002_more.py'], applied)).toEqual(['notes/migrations/0002_more.py']);
    expect(pendingFiles(files, [])).toEqual([]);
  });

  test('are read from what a program printed, where that is what it should be', () => {
    const found = [risk('notes.0002', 'removed')];
    expect(readRisks(JSON.stringify(found))).toEqual(found);
    expect(readRisks('')).toEqual([]);
    expect(readRisks('[{"kind": "odd"}]')).toEqual([]);
  });
});

describe('the border of a rollback', () => {
  const removed = risk('notes.0002', 'removed');

  test('is a migration that took something away since then', () => {
    const newer = [{ applied: ['notes.0001', 'notes.0002'], risks: [removed] }];
    expect(borderBetween(newer, { applied: ['notes.0001'] })).toEqual([removed]);
  });

  test('is none where the earlier release had it applied as well', () => {
    const newer = [{ applied: ['notes.0001', 'notes.0002'], risks: [removed] }];
    expect(borderBetween(newer, { applied: ['notes.0001', 'notes.0002'] })).toEqual([]);
  });

  test('is none for what only takes its time', () => {
    for (const kind of ['retyped', 'indexed', 'unread'] as const) expect(isBorder(risk('a.1', kind))).toBe(false);
    for (const kind of ['removed', 'renamed', 'required', 'tightened'] as const)
      expect(isBorder(risk('a.1', kind))).toBe(true);
  });
});

test('a risk is told with why it matters and a cure', () => {
  const told = explainRisk(risk('notes.0002', 'removed'));
  expect(told.what).toBe('notes.0002: Remove field mood from note (notes.Note.mood)');
  expect(told.cure).toContain('next');
});
