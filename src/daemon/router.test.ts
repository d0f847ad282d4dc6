import { describe, expect, test } from 'vitest';

import { endpoints } from '../contract/endpoints.ts';
import { route } from './router.ts';

describe('finding the endpoint of a request', () => {
  test.each(Object.entries(endpoints))('%s is found by its method and path', (name, { method, path }) => {
    expect(route(method, path.replaceAll(/:\w+/g, 'my-forum'))).toMatchObject({
      endpoint: name,
      parameters: Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, key]) => [key, 'my-forum'])),
    });
  });

  test('takes the query along', () => {
    expect(route('GET', '/v1/sites/forum/logs?service=web&lines=20&follow=1')).toEqual({
      endpoint: 'logs',
      parameters: { site: 'forum' },
      query: { service: 'web', lines: '20', follow: '1' },
    });
  });

  test.each([
    ['GET', '/v1/nowhere', 404],
    ['GET', '/', 404],
    ['GET', '/v1/status/', 404],
    ['DELETE', '/v1/status', 405],
    ['GET', 'http://', 400],
    ['GET', '/v1/status?a=b', 400],
    ['GET', '/v1/events?lines=-1', 400],
    ['GET', '/v1/events?lines=10000000', 400],
    ['GET', '/v1/events?follow=yes', 400],
    ['GET', '/v1/sites/..%2f..%2fetc/logs', 400],
    ['GET', '/v1/sites/%00/logs', 400],
    ['GET', '/v1/sites/Forum/logs', 400],
    ['GET', '/v1/sites//logs', 400],
    ['GET', `/v1/sites/${'a'.repeat(64)}/logs`, 400],
    ['GET', '/v1/sites/forum/logs?service=../x', 400],
  ])('%s %s is refused before a handler sees it', (method, url, status) => {
    expect(route(method, url)).toMatchObject({ status, problem: { code: 'bad-arguments' } });
  });
});
