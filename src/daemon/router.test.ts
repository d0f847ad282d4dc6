import { describe, expect, test } from 'vitest';

import { endpoints } from '../contract/endpoints.ts';
import type { Bodies, EndpointName } from '../contract/endpoints.ts';
import { type Misfit, route, type Route } from './router.ts';

/** A body for each endpoint that wants one. */
const bodies: Bodies = { job: { kind: 'deploy', site: 'my-forum' } };

function ask(method: string, url: string, body = ''): Route | Misfit {
  return route({ method, url, body: Buffer.from(body) });
}

function bodyFor(name: string): string {
  return name in bodies ? JSON.stringify(bodies[name as keyof Bodies & EndpointName]) : '';
}

describe('finding the endpoint of a request', () => {
  test.each(Object.entries(endpoints))('%s is found by its method and path', (name, { method, path }) => {
    expect(ask(method, path.replaceAll(/:\w+/g, 'my-forum'), bodyFor(name))).toMatchObject({
      endpoint: name,
      parameters: Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, key]) => [key, 'my-forum'])),
    });
  });

  test('takes the query along', () => {
    expect(ask('GET', '/v1/sites/forum/logs?service=web&lines=20&follow=1')).toEqual({
      endpoint: 'logs',
      parameters: { site: 'forum' },
      query: { service: 'web', lines: '20', follow: '1' },
      body: undefined,
    });
  });

  test.each([
    ['GET', '/v1/nowhere', 404],
    ['GET', '/', 404],
    ['GET', '/v1/status/', 404],
    ['DELETE', '/v1/status', 405],
    ['GET', 'http://', 404],
    ['GET', 'http://roadie/v1/status', 404],
    ['GET', '//roadie/v1/status', 404],
    ['GET', '/v1/x/../status', 404],
    ['GET', '/v1/%73tatus', 404],
    ['GET', '/v1\\status', 404],
    ['GET', '/v1/status#x', 404],
    ['get', '/v1/status', 405],
    ['GET', '/v1/status?a=b', 400],
    ['GET', '/v1/events?lines=-1', 400],
    ['GET', '/v1/events?lines=10000000', 400],
    ['GET', '/v1/events?follow=yes', 400],
    ['GET', '/v1/sites/..%2f..%2fetc/logs', 400],
    ['GET', '/v1/sites/%00/logs', 400],
    ['GET', '/v1/sites/Forum/logs', 400],
    ['GET', '/v1/sites//logs', 400],
    ['GET', `/v1/sites/${'a'.repeat(32)}/logs`, 400],
    ['GET', `/v1/sites/forum/logs?service=${'a'.repeat(64)}`, 400],
    ['GET', '/v1/sites/forum/logs?lines=1&lines=2', 400],
    ['GET', '/v1/sites/forum/logs?__proto__=1', 400],
    ['GET', '/v1/sites/forum/logs?service=web%00', 400],
    ['GET', '/v1/sites/forum/logs?service=web%ff', 400],
    ['GET', '/v1/sites/forum/logs?service=web%0a', 400],
    ['GET', '/v1/sites/forum/logs?service=../x', 400],
  ])('%s %s is refused before a handler sees it', (method, url, status) => {
    expect(ask(method, url)).toMatchObject({ status, problem: { code: 'bad-arguments' } });
  });
});

describe('the body of a request', () => {
  const said = (body: string | Buffer, method = 'POST', url = '/v1/jobs'): string => {
    const found = route({ method, url, body: Buffer.from(body) });
    if (!('status' in found)) throw new Error('it was accepted');
    expect(found).toMatchObject({ status: 400, problem: { code: 'bad-arguments' } });
    return `${found.problem.summary}\n${found.problem.detail ?? ''}`;
  };

  test.each([
    ['nothing', '', 'the body: expected JSON in UTF-8'],
    ['half of it', '{"kind":', 'the body: expected JSON in UTF-8'],
    ['null', 'null', 'the body: expected object'],
    ['a list', '[]', 'the body: expected object'],
    ['ten thousand lists in each other', '['.repeat(10_000) + ']'.repeat(10_000), 'the body: expected object'],
    [
      'half a million',
      `{"kind":"deploy","site":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
      'site: expected string',
    ],
    ['an invented kind', '{"kind":"canary"}', 'kind: expected up, deploy, '],
    ['a kind of another type', '{"kind":{"kind":"up"}}', 'kind: expected up, deploy, '],
    ['no kind', '{"site":"forum"}', 'kind: expected up, deploy, '],
    ['a key too many', '{"kind":"plan","site":"forum","sudo":true}', 'sudo: unknown key'],
    ['a key that JavaScript has', '{"kind":"plan","site":"forum","constructor":1}', 'constructor: unknown key'],
    ['a prototype', '{"kind":"plan","site":"forum","__proto__":{"site":"x"}}', '__proto__: unknown key'],
    [
      'a variable that is a prototype',
      '{"kind":"env-set","site":"forum","values":{"__proto__":"x"}}',
      'values.__proto__: unknown key',
    ],
    ['a key that is missing', '{"kind":"rollback","site":"forum"}', 'force: is missing'],
    ['a name with a NUL', '{"kind":"plan","site":"forum\\u0000"}', 'site: does not match ^[a-z]'],
    ['a source with a NUL', '{"kind":"up","source":"/srv\\u0000"}', 'source: does not match'],
    ['half of a character', '{"kind":"up","source":"/srv/\\ud800"}', 'source: does not match'],
    ['a ref that is an option', '{"kind":"deploy","site":"forum","ref":"--upload-pack=x"}', 'ref: does not match'],
    [
      'a very long ref',
      `{"kind":"deploy","site":"forum","ref":"${'a'.repeat(256)}"}`,
      'ref: too long: at most 255 characters',
    ],
    ['a port too high', '{"kind":"up","source":"/srv","http_port":99999}', 'http_port: expected 1 to 65535'],
    ['half a port', '{"kind":"up","source":"/srv","http_port":1.5}', 'http_port: expected integer'],
    [
      'a domain that is more',
      '{"kind":"up","source":"/srv","domains":["a.example","a; } server {"]}',
      'domains.1: does not match',
    ],
    ['no text for a variable', '{"kind":"env-set","site":"forum","values":{"KEY":1}}', 'values.KEY: expected string'],
    [
      'no name of a variable',
      '{"kind":"env-set","site":"forum","values":{"A B":"1"}}',
      'values.A B: not a name that is allowed there',
    ],
    [
      'a token that is none',
      '{"kind":"deploy-token","address":"a","user":"b","token":7}',
      'token: expected string or null',
    ],
    ['a byte order mark', '\uFEFF{"kind":"plan","site":"forum"}', 'the body: expected JSON in UTF-8'],
  ])('that is %s is refused with its place', (_, body, words) => {
    expect(said(body)).toContain(words);
  });

  test('that is not UTF-8 is refused, not read as something else', () => {
    expect(said(Buffer.from('{"kind":"up","source":"/srv/caf\xe9"}', 'latin1'))).toContain('expected JSON in UTF-8');
  });

  test('is told with all its mistakes, ten at most, and never with a value of it', () => {
    const told = said('{"kind":"env-set","site":"canary 1","values":{"A":["canary-2"],"B":{"C":"canary-3"}}}');
    expect(told).toContain('site: does not match');
    expect(told).toContain('values.A: expected string\nvalues.B: expected string');
    expect(told).not.toContain('canary');
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_each, index) => [`k${index}`, 0]));
    expect(said(JSON.stringify({ kind: 'plan', site: 'forum', ...many })).match(/unknown key/g)).toHaveLength(11);
  });

  test.each(Object.entries(endpoints).filter(([name]) => !(name in bodies)))(
    'is refused by %s, which takes none',
    (_, { method, path }) => {
      expect(said('{}', method, path.replaceAll(/:\w+/g, 'forum'))).toContain('the body: there must be none');
    },
  );
});
