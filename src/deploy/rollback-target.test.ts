import { describe, expect, test } from 'vitest';

import type { MigrationRisk } from '../django/migrations/migrations.ts';
import { chooseRelease, refuseBorder } from './rollback-target.ts';

const kept = [
  { record: { id: '20260304-100000-ccc1111', revision: 'ccc1111ddd' } },
  { record: { id: '20260303-100000-bbb1111', revision: 'bbb1111ddd' } },
  { record: { id: '20260302-100000-aaa1111', revision: 'aaa1111ddd' } },
];
const [newest, middle, oldest] = kept.map(({ record }) => record.id) as [string, string, string];

function chosen(wanted: string | undefined, live: string | undefined = newest): string {
  return chooseRelease(kept, live, wanted, 'shop').record.id;
}

describe('the release to go back to', () => {
  test('is the one before the live one unless one is named', () => {
    expect(chosen(undefined)).toBe(middle);
    expect(chosen(undefined, middle)).toBe(oldest);
    expect(chosen(oldest)).toBe(oldest);
    expect(chosen(newest, middle)).toBe(newest);
  });

  test('may be named by the beginning of its id or of its commit', () => {
    expect(chosen('20260302')).toBe(oldest);
    expect(chosen('bbb')).toBe(middle);
  });

  test('must be one, and one that there is', () => {
    expect(() => chosen('2026')).toThrow("The site shop has no one release '2026'");
    expect(() => chosen('fff')).toThrow("The site shop has no one release 'fff'");
    expect(() => chosen(newest)).toThrow(`${newest} is live already`);
    expect(() => chosen(undefined, oldest)).toThrow(`The site shop has no release before ${oldest} to go back to`);
  });
});

describe('a rollback behind a migration', () => {
  const risk = (kind: MigrationRisk['kind']): MigrationRisk => ({
    migration: 'shop.0002_less',
    operation: 'Remove field isbn from book',
    kind,
    subject: 'shop.book.isbn',
  });
  const target = { record: { id: oldest, revision: 'a', migrations: { applied: ['shop.0001_first'], risks: [] } } };
  const after = (id: string, risks: readonly MigrationRisk[]): typeof target => ({
    record: {
      id,
      revision: 'b',
      migrations: { applied: ['shop.0001_first', 'shop.0002_less'], risks: [...risks] as never[] },
    },
  });

  test('is refused where that took away what the old code needs, whichever release since then ran it', () => {
    const refused = (): void =>
      refuseBorder([after(newest, []), after(middle, [risk('removed')]), target], target, 'shop');
    expect(refused).toThrow(`The code of ${oldest} cannot live with the database as it is now`);
  });

  test('is not where it only added something, ran before, or nobody knows how far the database was', () => {
    const later = after(middle, [risk('removed')]);
    const unknown = { record: { id: oldest, revision: 'a' } };
    expect(() =>
      refuseBorder([after(newest, [risk('indexed'), risk('unread')]), target], target, 'shop'),
    ).not.toThrow();
    expect(() => refuseBorder([after(newest, []), later], later, 'shop')).not.toThrow();
    expect(() => refuseBorder([after(newest, [risk('removed')])], unknown, 'shop')).not.toThrow();
  });
});
