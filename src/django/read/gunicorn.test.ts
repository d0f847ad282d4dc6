import { describe, expect, test } from 'vitest';

import { findGunicornConfig, gunicornNotes } from './gunicorn.ts';
import type { ProjectScan } from './scan.ts';

const scanned = (files: readonly string[], procfile?: string): ProjectScan => ({
  folder: '/project',
  files,
  truncated: false,
  texts: procfile === undefined ? {} : { Procfile: procfile },
  manage: [],
  applications: [],
  settings: [],
  celery: [],
  gunicorn: [
    {
      file: 'gunicorn.conf.py',
      ignored: [
        { name: 'bind', line: 2, because: 'Roadie hands Gunicorn its socket' },
        { name: 'workers', line: 3, because: 'the config decides' },
        { name: 'reuse_port', line: 9, because: 'Roadie hands Gunicorn its socket' },
      ],
    },
  ],
  syntaxErrors: [],
  sqlite: [],
  leftMigrations: { documents: [], apps: [] },
  healthRoutes: [],
});

describe("the project's configuration of Gunicorn", () => {
  test('is the file that Gunicorn looks for beside manage.py', () => {
    const files = ['gunicorn.conf.py', 'back/gunicorn.conf.py'];
    expect(findGunicornConfig(scanned(files), '.')?.value).toBe('gunicorn.conf.py');
    expect(findGunicornConfig(scanned(files), 'back')?.value).toBe('back/gunicorn.conf.py');
    expect(findGunicornConfig(scanned(['gunicorn_config.py']), '.')).toBeUndefined();
  });

  test.each([
    ['web: gunicorn -c deploy/g.py site.wsgi'],
    ['web: gunicorn site.wsgi -cdeploy/g.py --bind :$PORT'],
    ['web: newrelic-admin run-program gunicorn site.wsgi --config=file:deploy/g.py'],
    ['web: python -m gunicorn site.wsgi --config "deploy/g.py" && echo'],
  ])('is the one that a Procfile names: %s', (line) => {
    expect(findGunicornConfig(scanned(['gunicorn.conf.py', 'deploy/g.py'], line), '.')).toMatchObject({
      value: 'deploy/g.py',
      because: { says: 'web in Procfile:1' },
    });
  });

  test('may be a module', () => {
    const named = scanned([], 'web: gunicorn -c python:site.server site.wsgi');
    expect(findGunicornConfig(named, '.')?.value).toBe('python:site.server');
  });

  test("is no other program's", () => {
    const named = scanned(['deploy/g.py'], 'web: uvicorn -c deploy/g.py\nworker: gunicorn -c deploy/g.py x');
    expect(findGunicornConfig(named, '.')).toBeUndefined();
  });

  test('is told with what does not count of it, a sentence for each reason', () => {
    const scan = scanned(['gunicorn.conf.py']);
    expect(gunicornNotes(scan, findGunicornConfig(scan, '.'))).toEqual([
      {
        says: 'gunicorn.conf.py sets bind and reuse_port: ignored, Roadie hands Gunicorn its socket',
        where: { file: 'gunicorn.conf.py', line: 2 },
      },
      {
        says: 'gunicorn.conf.py sets workers: ignored, the config decides',
        where: { file: 'gunicorn.conf.py', line: 3 },
      },
    ]);
    expect(gunicornNotes(scan, undefined)).toEqual([]);
  });

  test('that is not in the project is said to be missing', () => {
    const scan = scanned([], 'web: gunicorn -c deploy/gone.py site.wsgi');
    expect(findGunicornConfig(scan, '.')).toBeUndefined();
    expect(gunicornNotes(scan, undefined)).toMatchObject([
      { says: 'web in Procfile:1 names deploy/gone.py, which is not in the project', where: { line: 1 } },
    ]);
  });
});
