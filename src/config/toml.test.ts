import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { must } from '../problems/problem.ts';
import { parseToml } from './toml.ts';

const text = `top = 1
[a.b]
c.d = [1, { e = "x" }]
[[list]]
n = 1
[[list]]
n = 2
[list.inner]
m = 3
`;

describe('TOML with places', () => {
  it('gives the values', () => {
    expect(must(parseToml('x', text)).value).toEqual({
      top: 1,
      a: { b: { c: { d: [1, { e: 'x' }] } } },
      list: [{ n: 1 }, { n: 2, inner: { m: 3 } }],
    });
  });

  it.each([
    [['top'], [1, 1], [1, 7]],
    [
      ['a', 'b'],
      [2, 4],
      [2, 4],
    ],
    [
      ['a', 'b', 'c', 'd'],
      [3, 3],
      [3, 7],
    ],
    [
      ['a', 'b', 'c', 'd', 1, 'e'],
      [3, 13],
      [3, 17],
    ],
    [
      ['list', 1, 'n'],
      [7, 1],
      [7, 5],
    ],
    [
      ['list', 1, 'inner', 'm'],
      [9, 1],
      [9, 5],
    ],
    [
      ['top', 'missing'],
      [1, 1],
      [1, 7],
    ],
  ])('knows where %j stands', (path, key, value) => {
    const toml = must(parseToml('x', text));
    expect(toml.keyAt(path)).toEqual({ file: 'x', line: key[0], column: key[1] });
    expect(toml.valueAt(path)).toEqual({ file: 'x', line: value[0], column: value[1] });
  });

  it.each([
    ['a = 1\na = 2', 2],
    ['a = forum', 1],
    ['a = "x\nb = 1', 1],
    ['b = 1\n[a', 2],
    ['a = 1\n[a.b]\n', 2],
    ['a = 1\n\n= 2', 3],
  ])('%j is refused with its line', (wrong, line) => {
    expect(parseToml('roadie.toml', wrong)).toMatchObject({
      ok: false,
      problems: [{ code: 'config-syntax', where: { file: 'roadie.toml', line } }],
    });
  });

  it('reads a file with a byte order mark and Windows line ends', () => {
    const toml = must(parseToml('x', '\uFEFFa = 1\r\nb = 2\r\n'));
    expect(toml.value).toEqual({ a: 1, b: 2 });
    expect(toml.keyAt(['b'])).toEqual({ file: 'x', line: 2, column: 1 });
  });

  it('takes __proto__ as a key like any other', () => {
    const { value } = must(parseToml('x', '[__proto__]\npolluted = true\n[a.__proto__]\nb = 1'));
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect('polluted' in {}).toBe(false);
  });

  it('answers whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (anything) => {
        expect(typeof parseToml('x', anything).ok).toBe('boolean');
      }),
    );
  });
});
