import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fetchUserName, systemUserName } from './user-names.ts';

/** Names as the contract's `siteName` allows them. */
const anyName = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/);
const anyBase = fc.constantFrom('/var/lib/roadie', '/srv/second', '/tmp/third');
const anyRole = fc.constantFrom(undefined, 'build', 'postgresql', 'redis');

describe("a site's system users", () => {
  it('are named like it where useradd takes that', () => {
    expect(systemUserName('/var/lib/roadie', 'boards')).toBe('roadie-boards');
    expect(systemUserName('/var/lib/roadie', 'boards', 'build')).toBe('roadie-boards_build');
    expect(systemUserName('/var/lib/roadie', 'a'.repeat(25))).toBe(`roadie-${'a'.repeat(25)}`);
    expect(systemUserName('/var/lib/roadie', 'a'.repeat(31), 'postgresql')).toMatch(
      /^roadie-aaaaa-[0-9a-f]{8}_postgresql$/,
    );
  });

  it('have names of 32 characters at most, different for different sites, roles and Roadies', () => {
    fc.assert(
      fc.property(fc.tuple(anyBase, anyName, anyRole), fc.tuple(anyBase, anyName, anyRole), (one, other) => {
        const name = systemUserName(...one);
        expect(name).toMatch(/^roadie-[a-z][a-z0-9_-]*$/);
        expect(name.length).toBeLessThanOrEqual(32);
        expect(name === systemUserName(...other)).toBe(one.join(' ') === other.join(' '));
        expect(name).not.toBe(fetchUserName(other[0]));
      }),
    );
  });
});
