import { describe, expect, test } from 'vitest';

import type { SiteRecord } from '../sites/record.ts';
import { heldByWatch, holdAlarm, nextTry } from './hold.ts';

const record = { name: 'forum', follow: { repository: 'r', everySeconds: 60 } } as SiteRecord;
const at = (minutes: number): string => new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000).toISOString();

/** A site that the watch has sent back at each of these minutes. */
function sentBack(...minutes: readonly number[]): SiteRecord {
  return minutes.reduce(
    (before, minute, index) =>
      heldByWatch(before, {
        since: at(minute),
        release: 'old',
        because: 'it fails',
        givenUp: { release: `new${index}`, revision: `commit${index}` },
      }),
    record,
  );
}

describe('a later commit', () => {
  test('is free where nothing is held', () => {
    expect(nextTry(record)).toBe(0);
  });

  test('waits for somebody where a person has gone back', () => {
    expect(nextTry({ held: { since: at(0), release: 'old', because: 'somebody went back by hand' } })).toBeUndefined();
  });

  test('is tried at once after one rollback by the watch, after a pause where that was the second, and after the third no more', () => {
    expect(nextTry(sentBack(5))).toBe(Date.parse(at(5)));
    expect(nextTry(sentBack(5, 20))).toBe(Date.parse(at(30)));
    expect(nextTry(sentBack(5, 20, 60))).toBeUndefined();
  });

  test('does not wait for what was long ago', () => {
    expect(nextTry(sentBack(0, 10, 600))).toBe(Date.parse(at(600)));
    expect(sentBack(...Array.from({ length: 30 }, (_, day) => day * 1440)).rollbacks).toHaveLength(10);
  });
});

describe('the alarm of a hold', () => {
  test('says what was given up, why, and what to do', () => {
    const alarm = holdAlarm(sentBack(5));
    expect(alarm?.text).toBe('Release new0 was given up, and old serves again: it fails');
    expect(alarm?.cure[0]).toContain('the next commit is released by itself');
    expect(alarm?.cure).toContain('$ roadie deploy forum');
    expect(holdAlarm(sentBack(5, 20))?.cure[0]).toContain(`from ${at(30)} on`);
    expect(holdAlarm(sentBack(5, 20, 60))?.cure[0]).toContain(
      'Nothing more is released by itself: that was rollback 3 within 6 hours',
    );
  });

  test('does not promise by itself what nobody follows, and is none where a person has gone back', () => {
    const { follow: _, ...folder } = sentBack(5);
    expect(holdAlarm(folder)?.cure[0]).toBe('Fix the project, and release it:');
    expect(holdAlarm({ ...record, held: { since: at(0), release: 'old', because: 'by hand' } })).toBeUndefined();
  });
});
