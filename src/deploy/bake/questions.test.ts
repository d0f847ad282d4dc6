import { describe, expect, test } from 'vitest';

import { addRound, type Asked, type AskPage, askPages, nothingFound, pagesToAsk, type Reply } from './questions.ts';
import { type Baseline, nothingKnown } from './decide.ts';

const health = '/health/';

/** Answers by path; a list gives one after the other. */
function answering(live: Record<string, readonly Reply[]>, kept?: Record<string, readonly Reply[]>): AskPage {
  const left = {
    live: structuredClone(live) as Record<string, Reply[]>,
    kept: structuredClone(kept ?? {}) as Record<string, Reply[]>,
  };
  return (of, path) => {
    if (of === 'kept' && !kept) return Promise.resolve(undefined);
    const replies = left[of][path] ?? [200];
    return Promise.resolve(replies.length > 1 ? replies.shift() : replies[0]);
  };
}

const found = async (ask: AskPage, path = '/'): Promise<Asked['found'] | undefined> =>
  (await askPages([path], ask, health))[0]?.found;

describe('a page that is asked', () => {
  test.each<[Asked['found'], string, AskPage]>([
    ['well', 'is answered', answering({})],
    ['open', 'leads to a login', answering({ '/': [302] })],
    ['open', 'is missing', answering({ '/': [404] })],
    ['open', 'fails now and then', answering({ '/': [500, 500, 302] })],
    ['worse', 'fails, and does not in the release before', answering({ '/': [500] }, {})],
    ['same', 'fails in both', answering({ '/': [500] }, { '/': [500] })],
    ['same', 'fails in the release before now and then', answering({ '/': [500] }, { '/': [200, 200, 503] })],
    ['bad', 'fails, and the release before is gone', answering({ '/': [500] })],
    ['worse', 'gives no answer while the health route does', answering({ '/': ['silent'] }, {})],
    ['open', 'gives no answer, as nothing does', answering({ '/': ['silent'], [health]: ['silent'] }, {})],
  ])('is %s where it %s', async (expected, _, ask) => {
    expect(await found(ask)).toBe(expected);
  });

  test('that is the health route says nothing by silence: that is for the supervisor', async () => {
    expect(await found(answering({ [health]: ['silent'] }, {}), health)).toBe('open');
  });

  test('says nothing where no web server runs', async () => {
    expect(await found(() => Promise.resolve(undefined))).toBe('open');
  });
});

describe('what is asked', () => {
  const pages = ['/list/', '/topic/1/', '/topic/2/', '/a/', '/b/', '/c/', '/d/'];
  const baseline: Baseline = { ...nothingKnown, pages, popular: pages.filter((path) => path !== '/topic/1/') };

  test('is the front page, the health route and what is visited most, while nothing is suspected', () => {
    expect(pagesToAsk(baseline, new Map(), health, new Set())).toEqual([
      '/',
      health,
      '/list/',
      '/topic/2/',
      '/a/',
      '/b/',
    ]);
  });

  test('is first what failed and was well before, then another page of the same kind; never what a visitor has made up', () => {
    const suspects = new Map([
      ['/topic/999999999999/', 'GET /topic/:n/'],
      ['/a/', 'GET /a/'],
      ['/evil/', 'GET /evil/'],
    ]);
    expect(pagesToAsk(baseline, suspects, health, new Set())).toEqual([
      '/a/',
      '/topic/1/',
      '/',
      health,
      '/list/',
      '/topic/2/',
    ]);
  });

  test('is not what the release before fails at as well', () => {
    expect(pagesToAsk(baseline, new Map(), health, new Set(['/', '/list/']))).not.toContain('/');
  });
});

describe('what rounds of questions come to', () => {
  const baseline: Baseline = { ...nothingKnown, pages: ['/', '/a/', '/b/', '/topic/1/', '/topic/2/'] };
  const bad = (path: string, kind = `GET ${path}`): Asked => ({ path, kind, found: 'bad', reply: 500 });
  const rounds = (...each: readonly (readonly Asked[])[]): readonly string[] =>
    each.reduce((before, asked) => addRound(before, asked, baseline, health), nothingFound).regressed;

  test('one round is enough where the release before was asked too', () => {
    expect(rounds([{ path: '/a/', kind: 'GET /a/', found: 'worse', reply: 502 }])).toEqual(['GET /a/ with 502']);
  });

  test('where it is gone, the front page counts when it fails twice in a row', () => {
    expect(rounds([bad('/')])).toEqual([]);
    expect(rounds([bad('/')], [{ ...bad('/'), found: 'well', reply: 200 }], [bad('/')])).toEqual([]);
    expect(rounds([bad('/')], [bad('/')])).toEqual(['GET / with 500']);
  });

  test('other pages do not count alone, nor two of one kind, nor those that were not well before', () => {
    expect(rounds([bad('/a/')], [bad('/a/')])).toEqual([]);
    const topics = [bad('/topic/1/', 'GET /topic/:n/'), bad('/topic/2/', 'GET /topic/:n/')];
    expect(rounds(topics, topics)).toEqual([]);
    expect(rounds([bad('/x/'), bad('/y/')], [bad('/x/'), bad('/y/')])).toEqual([]);
    expect(rounds([bad('/a/'), bad('/b/')], [bad('/a/'), bad('/b/')])).toHaveLength(2);
  });
});
