import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readYaml, textOf } from '../../django/read/yaml.ts';
import { Alias, Anchored, writeYaml } from './yaml.ts';

/** What is read back of a document. */
function read(text: string): unknown {
  const file = readYaml(text);
  const [document] = file.kind === 'read' ? file.documents : [];
  return document?.kind === 'map' ? [...document.members].map(([key, value]) => [key, textOf(value) ?? '']) : file;
}

describe('YAML', () => {
  it('writes mappings, sequences of both, anchors and what refers to them', () => {
    const value = {
      'x-base': new Anchored('base', { restart: 'no', list: ['a', 1, true, null] }),
      services: { web: { '<<': new Alias('base'), ports: ['${PORT:-80}:80'], none: undefined, empty: {}, bare: [] } },
      configs: [{ name: 'one', file: './one' }, ['nested', 'list']],
    };
    expect(writeYaml(value)).toBe(`x-base: &base
  restart: "no"
  list:
    - a
    - 1
    - true
    - null
services:
  web:
    <<: *base
    ports:
      - \${PORT:-80}:80
    empty: {}
    bare: []
configs:
  - name: one
    file: ./one
  - - nested
    - list
`);
  });

  it('quotes whatever could be taken for anything but text', () => {
    for (const text of [
      '',
      'yes',
      'No',
      'null',
      '~',
      '1',
      '1.5',
      '0x1f',
      '1e3',
      '-',
      '- a',
      'a: b',
      'a #b',
      '#a',
      '&a',
      '*a',
      '!a',
      '%a',
      '@a',
      '`a',
      "'a",
      '22:22',
      '2001-01-01',
      ' a',
      'a ',
      '[a',
      '{a',
      '.5',
      '.inf',
      '=',
      '<<',
      '\u2028',
      '\u0085',
    ])
      expect(writeYaml({ a: text })).toMatch(/^a: ".*"\n$/);
  });

  it('keeps the lines of a text', () => {
    expect(writeYaml({ a: 'one: 1\n  two # 2\n' })).toBe('a: |\n  one: 1\n    two # 2\n');
  });

  it('says every text as it is, whichever version of YAML ends lines where', () => {
    assert(
      property(string({ unit: 'binary' }), string({ unit: 'binary' }), (key, text) => {
        const written = writeYaml({ [`k${key}`]: text });
        expect(written).not.toMatch(/[\u0085\u2028\u2029]/);
        expect(read(written)).toEqual([[`k${key}`, text]]);
      }),
    );
  });
});
