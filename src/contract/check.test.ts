import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';

import { nearlyFitting } from '../../test/rig/schema-samples.ts';
import answersJson from './answers.json' with { type: 'json' };
import { answerSchemas, refusalSchema } from './answers.ts';
import { bodySchemas } from './bodies.ts';
import bodies from './bodies.json' with { type: 'json' };
import { misfits, type Schema } from './check.ts';
import { jobResultSchemas } from './results.ts';

type Pair = readonly [string, ZodType, Schema];

function pairs(
  what: string,
  schemas: Readonly<Record<string, ZodType>>,
  compiled: Readonly<Record<string, Schema>>,
): Pair[] {
  return Object.entries(schemas).map(([name, schema]) => [
    `${what} ${name}`,
    schema,
    compiled[name] ?? { type: 'null' },
  ]);
}

const { answers, results, refusal } = answersJson as unknown as {
  readonly answers: Readonly<Record<string, Schema>>;
  readonly results: Readonly<Record<string, Schema>>;
  readonly refusal: Schema;
};

/** Whether the check that is made says what Zod says, and how often it was which. */
function compare(
  schema: ZodType,
  compiled: Schema,
  numRuns: number,
): { readonly fits: number; readonly refused: number } {
  const verdicts = { fits: 0, refused: 0 };
  fc.assert(
    fc.property(nearlyFitting(compiled), (made) => {
      const json = JSON.stringify(made);
      const value: unknown = JSON.parse(json);
      const fits = misfits(value, compiled).next().done === true;
      const { success } = schema.safeParse(value);
      verdicts[fits ? 'fits' : 'refused'] += 1;
      // Zod passes over such keys of an open object, and what they name would be lost.
      const lost = !fits && json.includes('"__proto__":');
      expect(fits === success || lost).toBe(true);
    }),
    { numRuns },
  );
  return verdicts;
}

describe('the check of what daemon and clients say', () => {
  // Requests are anybody's; answers are the daemon's.
  test.each(pairs('the body of', bodySchemas, bodies as Readonly<Record<string, Schema>>))(
    'says of %s what Zod says',
    (_, schema, compiled) => {
      const { fits, refused } = compare(schema, compiled, 10_000);
      // Else it would say little.
      expect(Math.min(fits, refused)).toBeGreaterThan(1000);
    },
  );

  test.each([
    ...pairs('the answer to', answerSchemas, answers),
    ...pairs('the result of', jobResultSchemas, results),
    ...pairs('a', { refusal: refusalSchema }, { refusal }),
  ])('says of %s what Zod says', (_, schema, compiled) => {
    const { fits, refused } = compare(schema, compiled, 300);
    expect(Math.min(fits, refused)).toBeGreaterThan(10);
  });

  test('has a schema for everything, and none more', () => {
    expect(Object.keys(bodies)).toEqual(Object.keys(bodySchemas));
    expect(Object.keys(answers)).toEqual(Object.keys(answerSchemas));
    expect(Object.keys(results)).toEqual(Object.keys(jobResultSchemas));
  });
});
