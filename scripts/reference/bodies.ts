import * as z from 'zod';

import { answerSchemas, refusalSchema } from '../../src/contract/answers.ts';
import { bodySchemas } from '../../src/contract/bodies.ts';
import type { Schema } from '../../src/contract/check.ts';
import { jobResultSchemas } from '../../src/contract/results.ts';

/** What `misfits` knows, by keyword. One that is missing here does not compile, and one that a schema has beyond these throws. */
const keywords: Readonly<Record<keyof Schema, true>> = {
  oneOf: true,
  anyOf: true,
  const: true,
  enum: true,
  type: true,
  minLength: true,
  maxLength: true,
  pattern: true,
  minimum: true,
  maximum: true,
  prefixItems: true,
  items: true,
  minItems: true,
  properties: true,
  required: true,
  propertyNames: true,
  additionalProperties: true,
};

/** The schemas of all bodies as JSON Schema: the text of src/contract/bodies.json. */
export function bodiesJson(): string {
  const made = Object.entries(bodySchemas).map(([name, schema]) => [name, jsonSchema(schema)]);
  return `${JSON.stringify(Object.fromEntries(made), null, 2)}\n`;
}

/** The schemas of all answers and of all operations' results as JSON Schema: the text of src/contract/answers.json. */
export function answersJson(): string {
  const all = (schemas: Readonly<Record<string, z.core.$ZodType>>): unknown =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, jsonSchema(schema)]));
  const made = { answers: all(answerSchemas), results: all(jobResultSchemas), refusal: jsonSchema(refusalSchema) };
  return `${JSON.stringify(made)}\n`;
}

/** A schema as JSON Schema. Throws where it says something that the daemon's check would not see. */
export function jsonSchema(schema: z.core.$ZodType): Schema {
  const { $schema: _version, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema: { _zod: inner }, jsonSchema: made }) => {
      // Nothing that a value could break.
      delete made.readOnly;
      if (inner.def.checks?.some(({ _zod: { def } }) => def.check === 'custom'))
        throw new Error('the schema has a check that JSON Schema cannot say: use a pattern');
    },
  });
  const plain = oneTypeEach(made) as Schema;
  requireKnown(plain);
  return plain;
}

/** A schema in which `type` is one type: several become `anyOf`. */
function oneTypeEach(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(oneTypeEach);
  if (typeof part !== 'object' || part === null) return part;
  const made = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, oneTypeEach(value)]));
  const { type, ...rest } = made;
  return Array.isArray(type) ? { anyOf: type.map((one: unknown) => ({ ...rest, type: one })) } : made;
}

function requireKnown(schema: Schema): void {
  for (const keyword of Object.keys(schema))
    if (!Object.hasOwn(keywords, keyword))
      throw new Error(`src/contract/check.ts does not know the keyword '${keyword}' of JSON Schema`);
  const { oneOf, anyOf, prefixItems, items, properties, propertyNames, additionalProperties: others } = schema;
  const inner = [
    ...(oneOf ?? []),
    ...(anyOf ?? []),
    ...(prefixItems ?? []),
    ...Object.values(properties ?? {}),
    ...[items, propertyNames].flatMap((each) => each ?? []),
    ...(typeof others === 'object' ? [others] : []),
  ];
  for (const each of inner) requireKnown(each);
}
