import * as z from 'zod';

import { bodySchemas } from '../../src/contract/bodies.ts';
import type { Schema } from '../../src/contract/check.ts';

/** What `misfits` knows, by keyword. One that is missing here does not compile, and one that a schema has beyond these throws. */
const keywords: Readonly<Record<keyof Schema, true>> = {
  oneOf: true,
  anyOf: true,
  const: true,
  type: true,
  minLength: true,
  maxLength: true,
  pattern: true,
  minimum: true,
  maximum: true,
  items: true,
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

/** A schema as JSON Schema. Throws where it says something that the daemon's check would not see. */
export function jsonSchema(schema: z.core.$ZodType): Schema {
  const { $schema: _version, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    override: ({ zodSchema: { _zod: inner } }) => {
      if (inner.def.checks?.some(({ _zod: { def } }) => def.check === 'custom'))
        throw new Error('the schema has a check that JSON Schema cannot say: use a pattern');
    },
  });
  requireKnown(made as Schema);
  return made as Schema;
}

function requireKnown(schema: Schema): void {
  for (const keyword of Object.keys(schema))
    if (!Object.hasOwn(keywords, keyword))
      throw new Error(`src/contract/check.ts does not know the keyword '${keyword}' of JSON Schema`);
  const { oneOf, anyOf, items, properties, propertyNames, additionalProperties: others } = schema;
  const inner = [
    ...(oneOf ?? []),
    ...(anyOf ?? []),
    ...Object.values(properties ?? {}),
    ...[items, propertyNames].flatMap((each) => each ?? []),
    ...(typeof others === 'object' ? [others] : []),
  ];
  for (const each of inner) requireKnown(each);
}
