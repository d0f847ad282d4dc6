import { describe, expect, it } from 'vitest';

import { gunicornWordNotes, gunicornWords } from './gunicorn-words.ts';

const read = (line: string) => gunicornWords(line.split(' '));

describe("a project's own command line of Gunicorn", () => {
  it('is heard, however its options are written', () => {
    const taken = { timeoutSeconds: 120, threads: 8, workerClass: 'gthread', arguments: ['--max-requests=1000'] };
    expect(
      read('gunicorn shop.wsgi --timeout 120 --threads=8 --worker-class gthread --max-requests 1000 --bind :$PORT'),
    ).toEqual(taken);
    expect(read('/venv/bin/gunicorn -t120 --threads 8 -k gthread --max-requests=1000 shop.wsgi')).toEqual(taken);
    expect(read('python -m gunicorn -k gunicorn.workers.ggevent.GeventWorker x')).toEqual({
      workerClass: 'gevent',
      arguments: [],
    });
  });

  it('counts for nothing where it cannot be read, or starts something else', () => {
    expect(read('gunicorn --timeout $TIMEOUT --threads 0 -k sync shop.wsgi')).toEqual({ arguments: [] });
    expect(read('uvicorn --timeout 120 shop.asgi')).toBeUndefined();
  });

  it('is told: what counts, and what does not with the reason', () => {
    const because = { says: 'web in Procfile:1', where: { file: 'Procfile', line: 1 } };
    expect(
      gunicornWordNotes({ value: 'gunicorn -t 120 --workers 4 shop.wsgi'.split(' '), because }).map(({ says }) => says),
    ).toEqual([
      'web in Procfile:1: --timeout 120: taken over',
      'web in Procfile:1: --workers 4 is not taken over: cores and memory of this machine decide, or `[web] workers`',
    ]);
    expect(gunicornWordNotes({ value: ['daphne', '-t', '1'], because })).toEqual([]);
    expect(gunicornWordNotes(undefined)).toEqual([]);
  });
});
