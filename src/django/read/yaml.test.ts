import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readYaml, type YamlValue } from './yaml.ts';

/** A value without its lines. */
function bare(value: YamlValue | undefined): unknown {
  if (value?.kind === 'map') return Object.fromEntries([...value.members].map(([key, one]) => [key, bare(one)]));
  return value?.kind === 'list' ? value.items.map(bare) : value?.text;
}

function read(text: string): readonly unknown[] {
  const file = readYaml(text);
  return file.kind === 'read' ? file.documents.map(bare) : [file.kind];
}

describe('YAML that others have written', () => {
  it('keeps every scalar as the text that was written', () => {
    expect(read(`a: yes\nb: 0644\nc: 1.10\nd: "x: y"\ne: ~\nf:\ng: 'it''s'\ni: !env x\nj: 2001-01-01\n`)).toEqual([
      { a: 'yes', b: '0644', c: '1.10', d: 'x: y', e: '', f: '', g: "it's", i: 'x', j: '2001-01-01' },
    ]);
  });

  it('reads blocks, lists in both styles, and several documents', () => {
    expect(read('a: |\n  one\n  two\nb: >-\n  one\n  two\n---\n- [x, "y z"]\n- {k: v}\n---\n')).toEqual([
      { a: 'one\ntwo\n', b: 'one two' },
      [['x', 'y z'], { k: 'v' }],
      '',
    ]);
  });

  it('carries out aliases and merge keys: own members first, then the earlier of the merged', () => {
    const text = `x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\none:\n  <<: *x\n  a: 3\ntwo:\n  <<: [*y, *x]\nthree: *x\nfour: {"<<": text}\n`;
    expect(read(text)).toEqual([
      {
        x: { a: '1', b: '1' },
        y: { b: '2', c: '2' },
        one: { a: '3', b: '1' },
        two: { a: '1', b: '2', c: '2' },
        three: { a: '1', b: '1' },
        four: { '<<': 'text' },
      },
    ]);
  });

  it('knows the line of each key, and where the text of a block begins', () => {
    const file = readYaml('a:\n  b:\n    - x\n    - y\n  c: |\n    one\n    two\n');
    expect(file).toMatchObject({ kind: 'read' });
    const [document] = file.kind === 'read' ? file.documents : [];
    const a = document?.kind === 'map' ? document.members.get('a') : undefined;
    const b = a?.kind === 'map' ? a.members.get('b') : undefined;
    expect(a).toMatchObject({ line: 1 });
    expect(b).toMatchObject({ line: 2, items: [{ line: 3 }, { line: 4 }] });
    expect(a?.kind === 'map' ? a.members.get('c') : undefined).toMatchObject({ line: 5, start: 6 });
  });

  it('has no member that a document did not name', () => {
    const file = readYaml('__proto__: {admin: true}\nconstructor: x\n');
    const [document] = file.kind === 'read' ? file.documents : [];
    expect(document?.kind === 'map' ? [...document.members.keys()] : []).toEqual(['__proto__', 'constructor']);
    expect('admin' in {}).toBe(false);
  });

  it('says on which line a file is broken', () => {
    expect(readYaml('a: 1\nb: [1\nc: 2\n')).toMatchObject({ kind: 'unreadable', line: 3 });
    expect(readYaml('a: {{ secret }}\n')).toMatchObject({ kind: 'read' });
    expect(readYaml('a: 1\nb: *nothing\n')).toMatchObject({ kind: 'unreadable', line: 2 });
    expect(readYaml('a: &a [*a]\n')).toMatchObject({ kind: 'unreadable', line: 1 });
  });

  it('follows aliases only so far', () => {
    const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 12; level += 1)
      laughs.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    expect(readYaml(laughs.join('\n'))).toMatchObject({ kind: 'unreadable', because: 'too many values' });
    const merges = [`a: &a {${Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join(', ')}}`];
    for (let index = 0; index < 100; index += 1) merges.push(`b${index}: {<<: *a}`);
    expect(readYaml(merges.join('\n'))).toMatchObject({ kind: 'unreadable', because: 'too many values' });
  });

  it.each([
    ['longer than any that describes a project', 'a: b\n'.repeat(30_000)],
    ['of many values', '[],'.repeat(30_000)],
    ['nested in brackets', '['.repeat(20_000)],
    ['nested in mappings', '{a: '.repeat(20_000)],
    ['nested in dashes', '- '.repeat(20_000)],
    ['nested by indentation', Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('is unreadable: %s', (_, text) => {
    expect(readYaml(text)).toMatchObject({ kind: 'unreadable' });
  });

  it('never throws', () => {
    const marks = '\n| |-|:|?|#|&a|*a|!|>|"|%|@|`|{|}|[|]|,|a|<<|~|: |\n  |- |---\n'.split('|');
    const pieces = array(constantFrom('|', "'", ...marks), { maxLength: 60 }).map((all) => all.join(''));
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(readYaml(text).kind).toMatch(/^(?:read|unreadable)$/);
      }),
    );
    assert(
      property(pieces, (text) => {
        expect(readYaml(text).kind).toMatch(/^(?:read|unreadable)$/);
      }),
    );
  });
});
