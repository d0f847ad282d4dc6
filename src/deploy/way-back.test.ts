import { describe, expect, test } from 'vitest';

import type { ReleaseRecord } from '../sites/record.ts';
import { watchOver } from './way-back.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const limits = { seconds: 60, errorPercent: 10, crashes: 2 };
const live = { id: 'b' } as ReleaseRecord;
const watched = (until: string) => ({ release: 'b', previous: 'a', until, limits });

describe('the watch over a release that goes live', () => {
  test('knows how long, and goes back to the one before', () => {
    expect(watchOver('c', { release: live }, limits, now, false)).toEqual({
      release: 'c',
      previous: 'b',
      until: '2026-01-01T00:01:00.000Z',
      limits,
    });
  });

  test('goes back past one that visitors met errors of while it was watched, and to one that was well', () => {
    const bake = watched('2026-01-01T00:00:30Z');
    expect(watchOver('c', { release: live, bake }, limits, now, true)).toMatchObject({ previous: 'a', passedBy: 'b' });
    expect(watchOver('c', { release: live, bake }, limits, now, false)).toMatchObject({ previous: 'b' });
    const proven = watched('2025-12-31T23:59:59Z');
    expect(watchOver('c', { release: live, bake: proven }, limits, now, true)).toMatchObject({ previous: 'b' });
  });

  test('is none for the first release, nor where nothing is to be watched', () => {
    expect(watchOver('c', {}, limits, now, false)).toBeUndefined();
    expect(watchOver('c', { release: live }, { ...limits, seconds: 0 }, now, false)).toBeUndefined();
  });
});
