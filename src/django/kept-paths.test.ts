import { describe, expect, it } from 'vitest';

import { configuredPath, type InCode, keptPaths, onTheWay, withoutInner } from './kept-paths.ts';
import type { Write } from './probe/probe.ts';

const wants = (path: string, folder = false): Write => ({
  path: `/code/${path}`,
  folder,
  file: 'proj/settings.py',
  line: 41,
});

function kept(writes: readonly Write[], code: Readonly<Record<string, InCode>> = {}): readonly string[] {
  return keptPaths(writes, '/code', new Map(Object.entries(code))).map(({ path, kind }) =>
    kind === 'folder' ? `${path}/` : path,
  );
}

describe('what is kept of that which a project writes in its code', () => {
  it('is a folder that the code does not have, from its outermost', () => {
    expect(kept([wants('logs', true)])).toEqual(['logs/']);
    expect(kept([wants('var', true), wants('var/log', true)])).toEqual(['var/']);
    expect(kept([wants('var/log/app.log')])).toEqual(['var/']);
  });

  it('is a folder that the code has for this alone', () => {
    expect(kept([wants('logs', true)], { logs: 'placeholder' })).toEqual(['logs/']);
    expect(kept([wants('logs/app.log')], { logs: 'placeholder' })).toEqual(['logs/']);
  });

  it("is the file alone in a folder that has the release's own content", () => {
    expect(kept([wants('app', true)], { app: 'folder' })).toEqual([]);
    expect(kept([wants('app/cache.json')], { app: 'folder' })).toEqual(['app/cache.json']);
    expect(kept([wants('app/state.json')], { app: 'folder', 'app/state.json': 'file' })).toEqual(['app/state.json']);
    expect(kept([wants('debug.log')])).toEqual(['debug.log']);
  });

  it('is nothing behind a link, and nothing outside of the code', () => {
    expect(kept([wants('shared/x')], { shared: 'other' })).toEqual([]);
    expect(
      kept([
        { ...wants(''), path: '/var/lib/x' },
        { ...wants(''), path: '/code' },
        { ...wants(''), path: '/codes/x' },
      ]),
    ).toEqual([]);
  });

  it('is said with the line that wants it', () => {
    expect(keptPaths([wants('logs', true)], '/code', new Map())).toEqual([
      { path: 'logs', kind: 'folder', because: 'proj/settings.py:41' },
    ]);
    const nobody = { ...wants('logs', true), file: null, line: null };
    expect(keptPaths([nobody], '/code', new Map())[0]?.because).toBe('the settings');
  });

  it('is each once, and nothing that is kept with what is around it', () => {
    const because = 'x';
    expect(
      withoutInner([
        { path: 'data/x', kind: 'file', because },
        { path: 'data', kind: 'folder', because },
        { path: 'data-2', kind: 'folder', because },
      ]).map(({ path }) => path),
    ).toEqual(['data', 'data-2']);
    expect(onTheWay([wants('a/b'), wants('a/c')], '/code')).toEqual(['a', 'a/b', 'a/c']);
  });

  it("is what the owner's config names, a file where it looks like one", () => {
    expect(configuredPath('exports', undefined)).toEqual({ path: 'exports', kind: 'folder' });
    expect(configuredPath('var/queue.sqlite3', undefined)).toEqual({ path: 'var/queue.sqlite3', kind: 'file' });
    expect(configuredPath('v1.2/', undefined)).toEqual({ path: 'v1.2', kind: 'folder' });
    expect(configuredPath('LICENSE', 'file')).toEqual({ path: 'LICENSE', kind: 'file' });
  });
});
