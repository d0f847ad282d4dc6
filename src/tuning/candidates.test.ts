import { describe, expect, test } from 'vitest';

import { allComponents } from '../components/index.ts';
import type { Config } from '../config/config.ts';
import { ownServer } from '../config/web-keys.ts';
import { serversToCompare, settingsOfOther } from './candidates.ts';
import { nameOfServer } from './settings.ts';

const gunicorn = { server: 'gunicorn', workerClass: 'gthread' };
const uvicorn = { server: 'uvicorn', workerClass: null };

/** The names of the other servers, or what is wrong. */
function others(kind: 'wsgi' | 'asgi', wished?: readonly string[], config: Config = {}): readonly string[] | string {
  const own = kind === 'wsgi' ? gunicorn : uvicorn;
  const found = serversToCompare({ own, kind, config, wished }, allComponents);
  return found.ok ? found.value.others.map(nameOfServer) : found.problems[0].summary;
}

function ownInFull(wished?: readonly string[]): boolean | undefined {
  const found = serversToCompare({ own: gunicorn, kind: 'wsgi', config: {}, wished }, allComponents);
  return found.ok ? found.value.ownInFull : undefined;
}

describe('the servers to measure beside the own one', () => {
  test('are all that run the kind of application, in all their ways to work', () => {
    expect(others('wsgi')).toEqual(['gunicorn (sync)', 'gunicorn (gevent)', 'uwsgi', 'granian']);
    expect(others('asgi')).toEqual(['gunicorn (uvicorn)', 'granian', 'hypercorn', 'daphne']);
  });

  test('are those that are wished, and the own one is then measured as it runs unless it is among them', () => {
    expect(others('wsgi', ['uwsgi'])).toEqual(['uwsgi']);
    expect(others('wsgi', [ownServer])).toEqual([]);
    expect(others('wsgi', ['gunicorn', 'granian'])).toEqual(['gunicorn (sync)', 'gunicorn (gevent)', 'granian']);
    expect(ownInFull()).toBe(true);
    expect(ownInFull(['uwsgi'])).toBe(false);
    expect(ownInFull(['uwsgi', ownServer])).toBe(true);
    expect(ownInFull(['gunicorn'])).toBe(true);
  });

  test('can not be some that do not run the application', () => {
    expect(others('wsgi', [ownServer, 'uvicorn'])).toBe("uvicorn does not run the site's WSGI application");
    expect(others('asgi', ['uwsgi'])).toBe("uwsgi does not run the site's ASGI application");
  });

  test.each([{ server: 'gunicorn' }, { worker_class: 'gthread' }] as const)(
    'are none where the config has %j',
    (web) => {
      const found = serversToCompare(
        { own: gunicorn, kind: 'wsgi', config: { web }, wished: undefined },
        allComponents,
      );
      expect(found).toMatchObject({ ok: true, value: { ownInFull: true, others: [] } });
      expect(found.ok && found.value.note).toMatch(
        /^web\.(server|worker_class) in Roadie's config names gunicorn: no other/,
      );
    },
  );
});

describe('settingsOfOther', () => {
  const room = { cores: 2, memoryBytes: 1000, processBytes: 100 };

  test('are its own way to run, and the numbers that did best', () => {
    expect(settingsOfOther({ workers: 3, threads: 4 }, { workers: 5, threads: 1 }, room)).toEqual([
      { workers: 3, threads: 4 },
      { workers: 5, threads: 1 },
    ]);
    expect(settingsOfOther({ workers: 3, threads: 4 }, { workers: 3, threads: 4 }, room)).toHaveLength(1);
  });

  test('have threads where the server has some', () => {
    expect(settingsOfOther({ workers: 2, threads: null }, { workers: 5, threads: 8 }, room)).toEqual([
      { workers: 2, threads: null },
      { workers: 5, threads: null },
    ]);
    expect(settingsOfOther({ workers: 3, threads: 10 }, { workers: 5, threads: null }, room)[1]).toEqual({
      workers: 5,
      threads: 10,
    });
  });

  test('have no more processes than the memory holds', () => {
    const small = { ...room, memoryBytes: 210 };
    expect(settingsOfOther({ workers: 3, threads: 4 }, { workers: 5, threads: 4 }, small)).toEqual([
      { workers: 2, threads: 4 },
    ]);
  });
});
