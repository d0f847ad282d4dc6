import { describe, expect, test } from 'vitest';

import { mostFrequent, quoteRequestError, requestErrors } from './request-error.ts';

const traceback = [
  'Traceback (most recent call last):',
  '  File "/r/code/shop/context.py", line 67, in limits',
  '    return {"limit": limits["TIMEOUT"]}',
  "KeyError: 'TIMEOUT'",
];
const error = "KeyError: 'TIMEOUT' at shop/context.py:67";
const first = (request: string, path = '/', release = 'new'): string =>
  `ERROR GET ${path} 500 request=${request} release=${release} ${error}`;

describe('failed requests in a log', () => {
  test('are told by their lines, each with what follows up to the next', () => {
    const log = ['[INFO] Booting worker', first('a'), ...traceback, first('b', '/x/', 'old'), '[INFO] Worker exiting'];
    expect(requestErrors(log)).toEqual([
      { path: '/', request: 'a', release: 'new', error, told: `GET / answered 500: ${error}`, lines: traceback },
      {
        path: '/x/',
        request: 'b',
        release: 'old',
        error,
        told: `GET /x/ answered 500: ${error}`,
        lines: ['[INFO] Worker exiting'],
      },
    ]);
  });

  test('are not what only looks like them', () => {
    expect(
      requestErrors([
        ` ${first('a')}`,
        'ERROR GET /a b 500 request=a release=new X at y.py:1',
        'ERROR release=new KeyError at shop/context.py:67: 1975 times more within a minute',
        '[ERROR] Error handling request /',
      ]),
    ).toEqual([]);
  });

  test('are quoted with the traceback, be it that of one like it, and the place', () => {
    const errors = requestErrors([first('a'), ...traceback, first('b'), first('c', '/', 'old')]);
    expect(quoteRequestError(errors, ({ request }) => request === 'b', '/r/code')).toEqual({
      told: `GET / answered 500: ${error}`,
      detail: traceback.join('\n'),
      where: { file: 'shop/context.py', line: 67 },
    });
    expect(quoteRequestError(errors, ({ request }) => request === 'd', '/r/code')).toBeUndefined();
  });

  test("are quoted with the traceback that the project's own logging has written, and without one where it has none", () => {
    const own = requestErrors([first('a'), 'Internal Server Error: /', ...traceback]);
    expect(quoteRequestError(own, () => true, '/r/code')?.detail).toBe(traceback.join('\n'));
    const none = requestErrors([first('a'), 'Internal Server Error: /']);
    expect(quoteRequestError(none, () => true, '/r/code')?.detail).toBe(error);
  });

  test('have one error that is the most frequent', () => {
    const other = 'ERROR POST /pay/ 500 request=- release=new ValueError at shop/pay.py:3';
    expect(mostFrequent(requestErrors([other, first('a'), other, ...traceback]))).toBe('ValueError at shop/pay.py:3');
    expect(mostFrequent([])).toBeUndefined();
  });
});
