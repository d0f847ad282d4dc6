import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Alias, Anchored, writeYaml } from './yaml.ts';

/** What a line `a: …` says: JSON where it is quoted, else the words as they stand. */
function read(line: string): unknown {
  const text = /^a: (.*)\n$/s.exec(line)?.[1] ?? '';
  return text.startsWith('"') ? JSON.parse(text) : text;
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
      - "\${PORT:-80}:80"
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
      'a\nb',
      '\u2028',
      '\u0085',
    ])
      expect(writeYaml({ a: text })).toMatch(/^a: ".*"\n$/);
  });

  it('is one line for every text, and says that text', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        const line = writeYaml({ a: text });
        expect(line.split(/[\n\r\u0085\u2028\u2029]/).length).toBe(2);
        expect(read(line)).toBe(text);
      }),
    );
  });
});
