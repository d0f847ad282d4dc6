import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';

import { nearlyFitting } from '../../test/rig/schema-samples.ts';
import { bodySchemas } from './bodies.ts';
import bodies from './bodies.json' with { type: 'json' };
import { misfits, type Schema } from './check.ts';

const compiled: Readonly<Record<string, Schema>> = bodies;

describe('the check that the daemon makes', () => {
  test.each(Object.entries(bodySchemas) as [string, ZodType][])(
    'says of every body of %s what Zod says',
    (name, schema) => {
      const verdicts = { fits: 0, refused: 0 };
      fc.assert(
        fc.property(nearlyFitting(compiled[name] ?? {}), (made) => {
          const json = JSON.stringify(made);
          const value: unknown = JSON.parse(json);
          const fits = misfits(value, compiled[name] ?? {}).next().done === true;
          const { success } = schema.safeParse(value);
          verdicts[fits ? 'fits' : 'refused'] += 1;
          // Zod passes over such keys of an open object, and what they name would be lost.
          const lost = !fits && json.includes('"__proto__":');
          expect(fits === success || lost).toBe(true);
        }),
        { numRuns: 10_000 },
      );
      // Else it would say little.
      expect(Math.min(verdicts.fits, verdicts.refused)).toBeGreaterThan(1000);
    },
  );

  test('has a schema for every body, and none more', () => {
    expect(Object.keys(bodies)).toEqual(Object.keys(bodySchemas));
  });
});
