import { describe, expect, test } from 'vitest';

import { countRequests, decideBake } from './bake.ts';

const limits = { seconds: 60, errorPercent: 10, crashes: 2 };
const none = { all: 0, failed: 0 };

describe('the watch over a new release', () => {
  test('goes on while nothing is wrong', () => {
    expect(decideBake({ since: { all: 500, failed: 0 }, before: none, crashes: 0 }, limits)).toBeUndefined();
  });

  test('goes back when more requests fail than allowed', () => {
    const because = decideBake({ since: { all: 20, failed: 5 }, before: { all: 100, failed: 0 }, crashes: 0 }, limits);
    expect(because).toBe('5 of 20 requests failed since the switch (25 %, before it 0 %)');
  });

  test('takes two failures for chance', () => {
    expect(decideBake({ since: { all: 2, failed: 2 }, before: none, crashes: 0 }, limits)).toBeUndefined();
  });

  test('does not blame a release for failures that were there before', () => {
    const sample = { since: { all: 100, failed: 20 }, before: { all: 100, failed: 15 }, crashes: 0 };
    expect(decideBake(sample, limits)).toBeUndefined();
  });

  test('goes back when the services crash', () => {
    expect(decideBake({ since: none, before: none, crashes: 2 }, limits)).toContain('2 times');
  });
});

test('requests are counted from the lines of the access log', () => {
  const line = (status: number): string =>
    `127.0.0.1 - - [2026-01-01T00:00:00+00:00] "GET /a"b HTTP/2.0" ${status} 12 "-" "curl" example.org 0.001 0.001`;
  expect(countRequests([line(200), line(502), line(500), 'half a li'])).toEqual({ all: 3, failed: 2 });
});
