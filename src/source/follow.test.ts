import { describe, expect, test } from 'vitest';

import type { Config } from '../config/config.ts';
import { asksToSkip, decideRelease, fitsPattern, followOf, nextLookMs, pollSeconds } from './follow.ts';

const own = '/sites/shop/repository.git';
const follow = (source: string, ref?: string, config: Config = {}) => {
  const kind = source.startsWith('/') && !source.endsWith('.git') ? 'folder' : 'git';
  const result = followOf({ source, ref, kind, config, own });
  return result.ok ? result.value : result.problems[0].code;
};

describe('what a site follows', () => {
  test('is nothing for a folder', () => {
    expect(follow('/srv/shop')).toEqual({ source: '/srv/shop', ref: undefined, follow: undefined });
  });

  test('is the repository that it came from, once a minute', () => {
    expect(follow('https://example.org/me/shop.git#main:site')).toEqual({
      source: 'https://example.org/me/shop.git#main:site',
      ref: 'main',
      follow: { repository: 'https://example.org/me/shop.git', ref: 'main', everySeconds: 60 },
    });
    expect(follow('/srv/shop.git')).toMatchObject({ follow: { repository: '/srv/shop.git', everySeconds: 60 } });
  });

  test("is the repository of a folder's config, and the next deploy comes from there", () => {
    const config = { source: { repository: 'file:///srv/shop.git', branch: 'live', poll: '5m', only_status: 'ok' } };
    expect(follow('/srv/shop', undefined, config)).toEqual({
      source: 'file:///srv/shop.git',
      ref: 'live',
      follow: { repository: 'file:///srv/shop.git', ref: 'live', everySeconds: 300, onlyStatus: 'ok' },
    });
  });

  test('is the ref of the command line where the config names another', () => {
    expect(follow('https://example.org/o/n', 'next', { source: { branch: 'main' } })).toMatchObject({ ref: 'next' });
  });

  test("is nothing for a commit's hash, and nothing for the site's own repository", () => {
    expect(follow('https://example.org/o/n', '0123456789abcdef0123456789abcdef01234567')).toMatchObject({
      follow: undefined,
    });
    expect(follow(own, 'main')).toEqual({ source: own, ref: 'main', follow: undefined });
  });

  test.each(['ext::sh -c true', '--upload-pack=x', 'https://me:word@example.org/o/n', 'http://example.org/o/n'])(
    'is refused where a config names %s',
    (repository) => {
      expect(follow('/srv/shop', undefined, { source: { repository } })).toBe('source-refused');
    },
  );
});

test('a branch of a config may not be an option or a pattern', () => {
  for (const branch of ['--upload-pack=x', 'a*', 'a..b'])
    expect(follow('https://example.org/o/n', undefined, { source: { branch } })).toBe('source-refused');
});

describe('a commit', () => {
  const stand = { head: 'b', passed: true, live: 'a', dealt: 'a', failed: undefined, held: false };

  test('that is new is released', () => {
    expect(decideRelease(stand).release).toBe(true);
  });

  test.each([
    ['is live', { head: 'a' }],
    ['failed last', { failed: 'b' }],
    ['was left out', { dealt: 'b' }],
    ['has no tag that says so', { passed: false }],
    ['comes while the site is held', { held: true }],
    ['comes before the site was ever live', { live: undefined }],
  ])('that %s is not', (_, changes) => {
    expect(decideRelease({ ...stand, ...changes }).release).toBe(false);
  });

  test('can ask in its message to be left out', () => {
    expect(asksToSkip('Typo\n\n[skip deploy]')).toBe(true);
    expect(asksToSkip('Fix [Skip Deploy] of docs')).toBe(true);
    expect(asksToSkip('Skip deploy of docs')).toBe(false);
  });
});

test('the time between two looks grows while the repository is gone, and is never longer than 15 minutes or the poll', () => {
  expect(nextLookMs(60, 0, 0.5)).toBe(60_000);
  expect(nextLookMs(60, 2, 0.5)).toBe(240_000);
  expect(nextLookMs(60, 40, 0.5)).toBe(900_000);
  expect(nextLookMs(3600, 3, 0.5)).toBe(3_600_000);
  expect(nextLookMs(60, 0, 0)).toBe(54_000);
  expect(nextLookMs(60, 0, 1)).toBe(66_000);
});

test.each([
  [undefined, 60],
  ['60', 60],
  ['1s', 1],
  ['5m', 300],
  ['2h', 7200],
  ['off', 0],
])('poll = %j is %d seconds', (text, seconds) => {
  expect(pollSeconds(text)).toBe(seconds);
});

test('a pattern of tags has * for any text and nothing else', () => {
  expect(fitsPattern('tests-passed', 'tests-passed')).toBe(true);
  expect(fitsPattern('ci/4711', 'ci/*')).toBe(true);
  expect(fitsPattern('xci/4711', 'ci/*')).toBe(false);
  expect(fitsPattern('v1x2', 'v1.2')).toBe(false);
});
