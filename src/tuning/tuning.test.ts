import { describe, expect, test } from 'vitest';

import { accessLine } from '../../test/rig/access-log.ts';
import { parseAccessLine } from '../deploy/bake/access-line.ts';
import { pagesToMeasure } from './pages.ts';
import { type Measured, recommend } from './recommend.ts';
import { sayingOf, settingsToTry } from './settings.ts';

const megabyte = 1024 * 1024;

describe('settingsToTry', () => {
  const room = { cores: 2, memoryBytes: 2000 * megabyte, processBytes: 100 * megabyte };

  test('begins with what runs, and tries each setting once', () => {
    const settings = settingsToTry({ workers: 3, threads: 4 }, room);
    expect(settings[0]).toEqual({ workers: 3, threads: 4 });
    expect(new Set(settings.map(sayingOf)).size).toBe(settings.length);
    expect(settings).toHaveLength(9);
  });

  test('has no threads for a server that has none', () => {
    expect(settingsToTry({ workers: 2, threads: null }, room).map(({ workers }) => workers)).toEqual([2, 3, 5]);
  });

  test('starts no more processes than the memory holds, and at least one', () => {
    const small = settingsToTry({ workers: 3, threads: null }, { ...room, memoryBytes: 210 * megabyte });
    expect(small.map(({ workers }) => workers)).toEqual([3, 2]);
    const tiny = settingsToTry({ workers: 2, threads: null }, { ...room, memoryBytes: 1 });
    expect(tiny.map(({ workers }) => workers)).toEqual([2, 1]);
  });
});

describe('recommend', () => {
  const measured = (changes: Partial<Measured>): Measured => ({
    server: 'gunicorn',
    workerClass: 'gthread',
    workers: 3,
    threads: 4,
    requestsPerSecond: 100,
    p95Ms: 50,
    memoryBytes: 300 * megabyte,
    failed: 0,
    ...changes,
  });
  const most = 1000 * megabyte;

  test('keeps what runs where nothing is notably better', () => {
    const { choice, because } = recommend([measured({}), measured({ workers: 5, requestsPerSecond: 104 })], most);
    expect(choice).toEqual({ server: 'gunicorn', workerClass: 'gthread', workers: 3, threads: 4 });
    expect(because).toContain('none answers notably more');
  });

  test('takes what answers most, and of those about as good the one that needs least memory', () => {
    const { choice, because } = recommend(
      [
        measured({}),
        measured({ workers: 5, requestsPerSecond: 150, memoryBytes: 500 * megabyte }),
        measured({ workers: 2, threads: 8, requestsPerSecond: 145, memoryBytes: 200 * megabyte }),
      ],
      most,
    );
    expect(choice).toEqual({ server: 'gunicorn', workerClass: 'gthread', workers: 2, threads: 8 });
    expect(because).toBe('45 % more requests a second than 3 processes of 4 threads, as it runs now');
  });

  test('takes nothing that failed or needs more memory than there is', () => {
    const others = [
      measured({ workers: 5, requestsPerSecond: 200, failed: 1 }),
      measured({ workers: 9, requestsPerSecond: 300, memoryBytes: most + 1 }),
    ];
    expect(recommend([measured({}), ...others], most).choice.workers).toBe(3);
    const none = recommend([measured({ failed: 3 }), ...others], most);
    expect(none.choice.workers).toBe(3);
    expect(none.because).toContain('no setting answered all requests');
  });

  test('leaves what failed under load for what did not', () => {
    const { choice, because } = recommend([measured({ failed: 9 }), measured({ workers: 2 })], most);
    expect(choice.workers).toBe(2);
    expect(because).toContain('failed under load');
  });
});

describe('recommend among servers', () => {
  const run = (server: string, requestsPerSecond: number, megabytes: number): Measured => ({
    server,
    workerClass: null,
    workers: 3,
    threads: 4,
    requestsPerSecond,
    p95Ms: 50,
    memoryBytes: megabytes * megabyte,
    failed: 0,
  });

  test('keeps what runs where another is hardly better, and says what it is compared with where it is', () => {
    const now = run('granian', 100, 300);
    expect(recommend([now, run('uwsgi', 104, 50)], 1000 * megabyte).choice.server).toBe('granian');
    expect(recommend([now, run('uwsgi', 160, 90), run('hypercorn', 157, 80)], 1000 * megabyte)).toEqual({
      choice: { server: 'hypercorn', workerClass: null, workers: 3, threads: 4 },
      because: '57 % more requests a second than granian with 3 processes of 4 threads, as it runs now',
    });
  });
});

describe('pagesToMeasure', () => {
  const answers = (path: string, times: number, clients: number): readonly string[] =>
    Array.from({ length: times }, (_none, index) =>
      accessLine({ status: 200, path, client: `192.0.2.${index % clients}` }),
    );
  const pages = (...lines: readonly string[]): readonly string[] =>
    pagesToMeasure(
      lines.flatMap((line) => parseAccessLine(line) ?? []),
      '/health/',
    );

  test('are those that most visitors ask for, three at most', () => {
    expect(
      pages(
        ...answers('/a/', 9, 3),
        ...answers('/b/', 8, 3),
        ...answers('/c/', 7, 3),
        ...answers('/d/', 6, 3),
        ...answers('/mine/', 50, 1),
      ),
    ).toEqual(['/a/', '/b/', '/c/']);
  });

  test('are the front page and the health route where nobody has come yet', () => {
    expect(pages()).toEqual(['/', '/health/']);
  });
});
