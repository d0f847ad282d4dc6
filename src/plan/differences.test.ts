import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fieldDifferences, lineDifferences } from './differences.ts';

describe('lineDifferences', () => {
  it('shows the one line that was changed by hand and what it should be', () => {
    expect(lineDifferences('a\nlisten 81;\nc\n', 'a\nlisten 80;\nc\n')).toBe(
      "line 2: 'listen 81;' should be 'listen 80;'",
    );
  });

  it('tells added and missing lines apart', () => {
    expect(lineDifferences('a\nb\nc', 'a\nc')).toBe("line 2: 'b' should not be there");
    expect(lineDifferences('a\nc', 'a\nb\nc')).toBe("line 2: 'b' missing");
    expect(lineDifferences('a\nc', 'a\n1\n2\nc')).toBe('line 2: 2 lines missing');
  });

  it('names the stretch where several lines differ', () => {
    expect(lineDifferences('a\nx\ny\nd', 'a\nb\nc\nd')).toBe("lines 2 to 3 differ, from 'x' on");
  });

  it('says something other than "the same" for any two texts that are not, and stays on one line', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', '')), fc.array(fc.constantFrom('a', 'b', '')), (one, other) => {
        const text = lineDifferences(one.join('\n'), other.join('\n'));
        expect(text === 'the same').toBe(one.join('\n') === other.join('\n'));
        expect(text).not.toContain('\n');
      }),
    );
  });
});

describe('fieldDifferences', () => {
  it('names the fields, and of an environment the variables, without any value', () => {
    const names = fieldDifferences(
      { command: ['a'], environment: { KEEP: '1', TOKEN: 'hunter2' }, nice: 1 },
      { command: ['b'], environment: { KEEP: '1', TOKEN: 'hunter3' }, nice: 1 },
    );
    expect(names).toEqual(['command', 'environment (TOKEN)']);
    expect(JSON.stringify(names)).not.toContain('hunter');
  });

  it('does not care about the order of keys', () => {
    expect(fieldDifferences({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } })).toEqual([]);
  });
});
