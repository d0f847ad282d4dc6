import { describe, expect, test } from 'vitest';

import { accessLine, type Logged } from '../../../test/rig/access-log.ts';
import { type Answer, parseAccessLine } from './access-line.ts';
import { baselineOf, decideBake, nothingKnown, suspicion, Tally, type Witness } from './decide.ts';

const limits = { seconds: 60, errorPercent: 10, crashes: 2 };
const none = { all: 0, failed: 0 };
const nothing: Witness = { regressed: [], cleared: new Set() };

function answers(count: number, logged: Logged): readonly Answer[] {
  return Array.from({ length: count }, () => parseAccessLine(accessLine(logged)) ?? []).flat();
}

describe('what visitors meet', () => {
  test('is nothing while nothing is wrong', () => {
    expect(suspicion({ all: 500, failed: 0 }, none, limits)).toBeUndefined();
  });

  test('is suspicious when more requests fail than allowed', () => {
    const because = suspicion({ all: 20, failed: 5 }, { all: 100, failed: 0 }, limits);
    expect(because).toBe('5 of 20 requests failed since the switch (25 %, before it 0 %)');
  });

  test('is chance where two requests fail', () => {
    expect(suspicion({ all: 2, failed: 2 }, none, limits)).toBeUndefined();
  });

  test('is not held against a release where it was so before', () => {
    expect(suspicion({ all: 100, failed: 20 }, { all: 100, failed: 15 }, limits)).toBeUndefined();
  });
});

describe('the watch over a new release', () => {
  const sample = { tally: new Tally(nothingKnown), before: none, witness: nothing, crashes: 0, usualCrashes: 0 };

  test('goes back when the services crash, and more often than before', () => {
    expect(decideBake({ ...sample, crashes: 2 }, limits)).toContain('2 times');
    expect(decideBake({ ...sample, crashes: 2, usualCrashes: 1 }, limits)).toBeUndefined();
  });

  test('goes back for what it has met itself', () => {
    const witness = { ...nothing, regressed: ['GET / with 500'] };
    expect(decideBake({ ...sample, witness }, limits)).toBe(
      "Roadie's own requests failed since the switch: GET / with 500",
    );
  });

  /** So many requests of each of these that were well before, failing now for each of the clients. */
  const failing = (kinds: readonly Partial<Logged>[], clients: readonly string[], more: readonly Logged[] = []) => {
    const baseline = baselineOf(kinds.flatMap((kind) => answers(10, { ...kind, status: 200 })));
    const tally = new Tally(baseline);
    for (const kind of kinds)
      for (const client of clients)
        for (const answer of answers(5, { ...kind, client, status: 500 })) tally.add(answer);
    for (const logged of more) for (const answer of answers(5, logged)) tally.add(answer);
    return { ...sample, tally, before: baseline.requests };
  };
  const login = { method: 'POST', path: '/login/' };
  const basket = { method: 'POST', path: '/basket/' };
  const three = ['203.0.113.1', '198.51.100.2', '2001:db8:3::1'];

  test('goes back where many visitors fail in several places that were well', () => {
    expect(decideBake(failing([login, basket], three), limits)).toBe(
      'requests failed since the switch that did not before: POST /login/, POST /basket/, for 3 visitors',
    );
  });

  test.each([
    ['one visitor', failing([login, basket], ['203.0.113.1'])],
    [
      'one network with many addresses',
      failing([login, basket], ['2001:db8:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1']),
    ],
    ['one place', failing([login], three)],
    [
      'what fails for few of those who ask',
      failing(
        [login, basket],
        three.slice(0, 2),
        ['192.0.2.1', '192.0.2.2', '192.0.2.3'].flatMap((client) => [
          { ...login, client, status: 200 },
          { ...basket, client, status: 200 },
        ]),
      ),
    ],
  ])('does not go back for %s', (_, bad) => {
    expect(decideBake(bad, limits)).toBeUndefined();
  });

  test('does not go back for what nobody asked before, nor for what failed before', () => {
    const before = baselineOf([...answers(10, { ...basket, status: 500 }), ...answers(10, { status: 200 })]);
    const tally = new Tally(before);
    for (const client of three)
      for (const kind of [login, basket, { path: '/nowhere/' }])
        for (const answer of answers(9, { ...kind, client, status: 500 })) tally.add(answer);
    expect(decideBake({ ...sample, tally, before: before.requests }, limits)).toBeUndefined();
    expect([...tally.suspects]).toEqual([]);
  });

  test('does not go back for requests without an answer, which a visitor can provoke', () => {
    const before = baselineOf([...answers(10, { ...basket, status: 200 }), ...answers(10, { ...login, status: 200 })]);
    const tally = new Tally(before);
    for (const client of three)
      for (const kind of [login, basket])
        for (const answer of answers(9, { ...kind, client, status: 503, tries: [[502, '-']] })) tally.add(answer);
    expect(decideBake({ ...sample, tally, before: before.requests }, limits)).toBeUndefined();
  });

  test('believes its own answer more than visitors', () => {
    const bad = failing([{ path: '/search/' }, { path: '/list/' }], three);
    expect(decideBake(bad, limits)).toBeDefined();
    expect(decideBake({ ...bad, witness: { ...nothing, cleared: new Set(['GET /search/']) } }, limits)).toBeUndefined();
  });

  test('cannot be diluted by requests that go well', () => {
    const much = Array.from({ length: 100 }, (): Logged => ({ path: '/cheap/', status: 200 }));
    expect(decideBake(failing([login, basket], three, much), limits)).toBeDefined();
  });

  test('stays small whatever visitors ask for', () => {
    const tally = new Tally(baselineOf(answers(1, { path: '/topic/1/', status: 200 })));
    for (let number = 0; number < 2000; number += 1)
      for (const answer of answers(1, { path: `/topic/${number}/`, client: `2001:db8:${number}::1`, status: 500 }))
        tally.add(answer);
    expect(tally.suspects.size).toBeLessThanOrEqual(50);
    expect(tally.newlyFailing(limits, new Set()).clients).toBeLessThanOrEqual(50);
  });
});

describe('what was usual', () => {
  test('has the pages that were well the last time, the most visited first', () => {
    const { pages } = baselineOf([
      ...answers(1, { path: '/well-again/', status: 500 }),
      ...answers(2, { path: '/well-again/', status: 200 }),
      ...answers(5, { path: '/list/?page=2', status: 302 }),
      ...answers(9, { path: '/broken/', status: 200 }),
      ...answers(1, { path: '/broken/', status: 500 }),
    ]);
    expect(pages).toEqual(['/list/', '/well-again/']);
  });

  test('knows which pages several clients have asked for', () => {
    const { popular } = baselineOf([
      ...answers(50, { path: '/cron/', status: 200 }),
      ...answers(1, { path: '/list/', status: 200 }),
      ...answers(1, { path: '/list/', client: '198.51.100.2', status: 200 }),
    ]);
    expect(popular).toEqual(['/list/']);
  });

  test('has no page that may be asked once only, or that a visitor has made up', () => {
    const never = [
      '/reset/9f8b6a1e-1c2d-4e5f-8a9b-0c1d2e3f4a5b/',
      '/a b/',
      '/<script>/',
      '/x\\x22/',
      `/${'a'.repeat(300)}/`,
    ];
    const found = baselineOf(never.flatMap((path) => answers(3, { path, status: 200 })));
    expect(found.pages).toEqual([]);
    expect(baselineOf(answers(3, { method: 'POST', path: '/list/', status: 200 })).pages).toEqual([]);
  });

  test('is what was usual lately: an earlier release that failed does not excuse the next one', () => {
    const { kinds } = baselineOf([...answers(50, { status: 500 }), ...answers(50, { status: 200 })]);
    expect(kinds['GET /']).toEqual({ all: 50, failed: 0 });
  });
});
