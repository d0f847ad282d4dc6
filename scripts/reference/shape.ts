import * as z from 'zod';

type Schema = z.core.JSONSchema._JSONSchema;

/**
 * What a schema lets through, as people who know TypeScript or JSON read it: `{ name: string, port?: integer }`. Parts that are
 * the same as one of `named` are written as its name.
 */
export function shape(schema: z.core.$ZodType, named: Readonly<Record<string, z.core.$ZodType>> = {}): string {
  const names = new Map(Object.entries(named).map(([name, part]) => [key(jsonSchema(part)), name]));
  return write(jsonSchema(schema), '', names);
}

type Names = ReadonlyMap<string, string>;

/** The same for the same schema, wherever it stands. */
function key(schema: Schema): string {
  if (typeof schema === 'boolean') return String(schema);
  const { $schema: _version, ...rest } = schema;
  return JSON.stringify(rest);
}

/** The fields of an object's schema: name, type and whether it may be left out. */
export function fields(schema: z.core.$ZodType): readonly {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly description: string;
  readonly fallback: string;
}[] {
  const made = jsonSchema(schema);
  const required = new Set(made.required);
  return Object.entries(made.properties ?? {}).map(([name, property]) => ({
    name,
    type: write(property, '', new Map()),
    optional: !required.has(name),
    description: typeof property === 'object' ? (property.description ?? '') : '',
    fallback: typeof property === 'object' && property.default !== undefined ? JSON.stringify(property.default) : '',
  }));
}

/** The values that a field of a schema may have where it is a literal: the `type` of an event. */
export function literal(schema: z.core.$ZodType, field: string): string {
  const property = jsonSchema(schema).properties?.[field];
  if (typeof property !== 'object' || typeof property.const !== 'string') throw new Error(`${field} is not a literal`);
  return property.const;
}

function jsonSchema(schema: z.core.$ZodType): Exclude<Schema, boolean> {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' });
}

function write(schema: Schema, indent: string, names: Names): string {
  if (typeof schema === 'boolean' || Object.keys(schema).length === 0) return 'any';
  const name = names.get(key(schema));
  if (name !== undefined) return name;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((one) => write(one, indent, names)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  switch (schema.type) {
    case 'array':
      return list(schema, indent, names);
    case 'object':
      return object(schema, indent, names);
    case 'string':
    case 'number':
    case 'integer':
    case 'boolean':
    case 'null':
      return schema.type;
    default:
      return 'any';
  }
}

function list(schema: Exclude<Schema, boolean>, indent: string, names: Names): string {
  const first = schema.prefixItems?.[0] ?? schema.items;
  const item = first === undefined || Array.isArray(first) ? 'any' : write(first, indent, names);
  return /^[^{]* \| /.test(item) ? `(${item})[]` : `${item}[]`;
}

function object(schema: Exclude<Schema, boolean>, indent: string, names: Names): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) {
    const values = schema.additionalProperties;
    return values === undefined || values === false ? '{}' : `{ [name]: ${write(values, indent, names)} }`;
  }
  const required = new Set(schema.required);
  const inner = `${indent}  `;
  const lines = properties.map(
    ([name, property]) =>
      `${/^\w+$/.test(name) ? name : JSON.stringify(name)}${required.has(name) ? '' : '?'}: ${write(property, inner, names)}`,
  );
  const short = `{ ${lines.join(', ')} }`;
  if (short.length + indent.length <= 100 && !short.includes('\n')) return short;
  return `{\n${lines.map((line) => `${inner}${line},`).join('\n')}\n${indent}}`;
}
