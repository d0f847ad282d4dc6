import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { currentBlueprint, type StoredBlueprint } from './stored.ts';

/** As a release of an earlier version has it beside it. */
const stored: StoredBlueprint = JSON.parse(
  readFileSync(new URL('../../test/rig/stored/blueprint-0.1.json', import.meta.url), 'utf8'),
);

describe('a blueprint that an earlier version has written', () => {
  it('had the domains, the folder and the packages of its machine', () => {
    expect(stored.facts.folder).toBe('/srv/boards');
    expect(stored.debianPackages).not.toEqual([]);
  });

  it('is read without them, and with all else as it was', () => {
    const { domains: _, ports: __, debianPackages: ___, ...rest } = stored;
    const { folder: ____, ...facts } = stored.facts;
    expect(currentBlueprint(stored)).toEqual({ ...rest, facts });
    expect(currentBlueprint(currentBlueprint(stored))).toEqual(currentBlueprint(stored));
  });
});
