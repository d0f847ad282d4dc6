import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const python = fileURLToPath(new URL('../../../python', import.meta.url));
let folder: string;
let state: string;

beforeEach(() => {
  folder = mkdtempSync('/tmp/rd-');
  state = join(folder, 'fixtures.json');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `load_missing` itself needs Django and a database: what it is told, and what becomes of its answer, is looked at here. */
function load(words: readonly string[], fails = false) {
  const program = `import sys, load_missing
def main():
    print("known", sorted(load_missing.KNOWN), sys.argv)
    ${fails ? 'raise SystemExit(3)' : 'print("\\n%s\\n%s" % (load_missing.MARKER, \'["b"]\'))'}
load_missing.main = main
import roadie_fixtures
roadie_fixtures.main(${JSON.stringify([`--state=${state}`, ...words])})`;
  return spawnSync('python3', ['-c', program], { encoding: 'utf8', env: { ...process.env, PYTHONPATH: python } });
}

describe('fixtures in containers', () => {
  it('are remembered once they are loaded, and told as known the next time', () => {
    const first = load(['start']);
    expect(first.stderr).toBe('');
    expect(first.stdout.trim()).toBe("known [] ['manage.py', 'start']");
    expect(JSON.parse(readFileSync(state, 'utf8'))).toEqual(['b']);
    expect(load(['start']).stdout).toContain("known ['b']");
  });

  it('that failed are not remembered', () => {
    writeFileSync(state, '["a"]');
    const ran = load(['start'], true);
    expect(ran.status).toBe(3);
    expect(ran.stdout).toContain("known ['a']");
    expect(readFileSync(state, 'utf8')).toBe('["a"]');
  });

  it('that came with a dump are taken for loaded', () => {
    load(['--known', 'x', 'y']);
    expect(JSON.parse(readFileSync(state, 'utf8'))).toEqual(['x', 'y']);
  });
});
