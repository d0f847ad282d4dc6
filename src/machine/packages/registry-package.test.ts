import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { bestOf, isIntact, nodeRanges } from './registry-package.ts';

const versions = ['16.20.2', '18.20.8', '20.20.2', '22.23.5', '23.9.0', '24.22.3', '25.9.0', '26.12.1'];

describe('the Node that is chosen', () => {
  it.each([
    ['20', '20.20.2'],
    ['>=18', '24.22.3'],
    ['>=18 <23', '22.23.5'],
    ['^18 || ^20', '20.20.2'],
    ['>=25', '26.12.1'],
    ['23', '23.9.0'],
    ['20.x', '20.20.2'],
    // Not every version is in the registry: another of its series does.
    ['20.11.0', '20.20.2'],
    ['18.21.0', '18.20.8'],
    ['nonsense', '24.22.3'],
    ['>=30', undefined],
  ])('%s is %s', (range, version) => {
    expect(bestOf(versions, nodeRanges(range, '24'))).toBe(version);
  });
});

describe('an archive', () => {
  const bytes = Buffer.from('archive');
  const hash = (kind: string): string => `${kind}-${createHash(kind).update(bytes).digest('base64')}`;

  it('is what the registry says it is, by a strong hash', () => {
    expect(isIntact(bytes, hash('sha512'))).toBe(true);
    expect(isIntact(bytes, `${hash('sha1')} ${hash('sha384')}`)).toBe(true);
    expect(isIntact(Buffer.from('another'), hash('sha512'))).toBe(false);
    expect(isIntact(bytes, hash('sha1'))).toBe(false);
    expect(isIntact(bytes, '')).toBe(false);
  });
});
