import { describe, expect, it } from 'vitest';

import { allComponents } from '../../components/index.ts';
import { chooseEffort, isCompressible, isWorthwhile, secondsForCompressing } from '../compressible.ts';
import { pythonError } from '../manage.ts';
import { checkWords, migrationProblem } from './database.ts';

const servers = allComponents.flatMap(({ database }) => database ?? []);

describe('a failed migration', () => {
  const stdout =
    'Operations to perform:\n  Apply all migrations: shop\nRunning migrations:\n  Applying shop.0001_initial... OK\n  Applying shop.0002_boom...';

  it('is named, with what was applied before it and the last words of the error', () => {
    const problem = migrationProblem(
      stdout,
      'Traceback (most recent call last):\n  …\nValueError: no\n',
      '/log',
      servers,
    );
    expect(problem).toMatchObject({ code: 'migration-failed', summary: 'The migration shop.0002_boom failed' });
    expect(problem.detail).toContain('ValueError: no');
    expect(problem.detail).toContain('Applied before it, and kept: shop.0001_initial.');
  });

  it.each([
    'psycopg.errors.LockNotAvailable: canceling statement due to lock timeout',
    'sqlite3.OperationalError: database is locked',
    "django.db.utils.OperationalError: (1205, 'Lock wait timeout exceeded; try restarting transaction')",
  ])('that waited for a lock says so: %s', (words) => {
    expect(migrationProblem(stdout, words, '/log', servers).cure[0]).toContain('lock');
  });

  it('that may be half done says how the database is put back', () => {
    const snapshot = { file: '/b/before-1.sql', restore: 'put-back </b/before-1.sql' };
    expect(migrationProblem(stdout, 'no', '/log', servers, snapshot).cure.at(-1)).toBe('$ put-back </b/before-1.sql');
  });

  it('that never began has no name', () => {
    expect(migrationProblem('', 'could not connect', '/log', servers).summary).toBe(
      'The database could not be migrated',
    );
  });
});

describe('the error of a Python program', () => {
  it('is what stands after the last traceback, with all of its lines', () => {
    const words =
      'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1\n\nDuring handling…\n\nTraceback (most recent call last):\n  File "b.py"\n    run()\ndjango.db.utils.IntegrityError: duplicate key\nDETAIL:  Key (id)=(1) exists.\n';
    expect(pythonError(words)).toBe('django.db.utils.IntegrityError: duplicate key\nDETAIL:  Key (id)=(1) exists.');
  });

  it('is its last lines where there is no traceback', () => {
    expect(pythonError('CommandError: no\n')).toBe('CommandError: no');
  });
});

describe("Django's checks", () => {
  it('are told from where the report begins', () => {
    expect(
      checkWords(
        'warning: x\nSystemCheckError: System check identified some issues:\n\nERRORS:\nshop.A: (fields.E300) …\n',
      ),
    ).toMatch(/^SystemCheckError/);
  });
});

describe('compression', () => {
  it('takes text that is larger than a packet, and neither pictures nor archives', () => {
    expect([
      isCompressible('a.css', 861),
      isCompressible('a.css', 860),
      isCompressible('A.SVG', 5000),
      isCompressible('a.png', 5000),
      isCompressible('a.woff2', 5000),
      isCompressible('css', 5000),
      isCompressible('x.js/README', 5000),
    ]).toEqual([true, false, true, false, false, false, false]);
  });

  it('spends most on what is small', () => {
    const { brotliQuality, gzipLevel } = chooseEffort([1000, 20_000, 500_000], 20);
    expect([brotliQuality(1000), brotliQuality(500_000), brotliQuality(10_000_000)]).toEqual([11, 9, 6]);
    expect(gzipLevel).toBe(9);
  });

  it('spends less on each the more there are, so that a release is done in time', () => {
    const many = (count: number): readonly number[] => Array.from({ length: count }, () => 20_000);
    const qualities = [500, 2000, 10_000, 200_000].map((count) => chooseEffort(many(count), 60).brotliQuality(20_000));
    expect(qualities).toEqual([11, 5, 5, 4]);
    expect([2, 40, 900].map(secondsForCompressing)).toEqual([5, 20, 60]);
  });

  it('keeps only what gains', () => {
    expect([isWorthwhile(1000, 900), isWorthwhile(1000, 960)]).toEqual([true, false]);
  });
});
