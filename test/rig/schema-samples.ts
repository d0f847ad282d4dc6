import * as fc from 'fast-check';

import type { Schema } from '../../src/contract/check.ts';

/** Values that fit a schema. */
export function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return fc.oneof(...options.map(fitting));
  if (schema.const !== undefined) return fc.constant(schema.const);
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e9), max: Math.min(schema.maximum ?? 0, 1e9) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return list(schema);
    case 'object':
      return object(schema);
    default:
      return fc.jsonValue();
  }
}

/** Values that nearly fit a schema, and some that do: fitting ones with some of their parts changed, and any others. */
export function nearlyFitting(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fitting(schema), fc.array(change, { maxLength: 2 })).map(changed) },
    { weight: 1, arbitrary: odd },
  );
}

/** Strings that match a pattern. */
export function matching(pattern: RegExp): fc.Arbitrary<string> {
  try {
    return fc.stringMatching(pattern);
  } catch {
    // Not every kind of pattern can be drawn from: these ask for little.
    return fc.string({ unit: 'grapheme', maxLength: 8 }).filter((each) => pattern.test(each));
  }
}

/** Strings that somebody might send to see what happens. */
export const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '\0',
    '\n',
    '\u001B[31m',
    '\uD800',
    '--upload-pack=x',
    '../..',
    '__proto__',
    'constructor',
    'A b',
  ),
  fc.constantFrom(32, 64, 256, 5000).map((length) => 'a'.repeat(length)),
);

/** Any JSON, and what is at the edges of it. */
const odd = fc.oneof(
  fc.jsonValue(),
  oddText,
  fc.constantFrom<unknown>(null, [], {}, [null], { kind: 'invented' }, 0, -1, 1.5, 2 ** 53, 1e308, true),
);

type Change = {
  readonly at: number;
  readonly how: 'replace' | 'drop' | 'add' | 'insert';
  readonly key: string;
  readonly by: unknown;
};

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'drop', 'add', 'insert'),
  key: fc.oneof(oddText, fc.constantFrom('kind', 'site', 'ref', 'force')),
  by: odd,
});

/** A copy with the changes made to it, one after the other. */
function changed([value, changes]: readonly [unknown, readonly Change[]]): unknown {
  return changes.reduce((before, { at, how, key, by }) => {
    const root = { value: copy(before) };
    const places = placesIn(root);
    const place = places[at % places.length];
    if (!place) return before;
    const inner = place.holder[place.key];
    if (how === 'replace') set(place.holder, place.key, by);
    else if (how === 'insert' && typeof inner === 'string')
      set(
        place.holder,
        place.key,
        `${inner.slice(0, at % (inner.length + 1))}${key}${inner.slice(at % (inner.length + 1))}`,
      );
    else if (how === 'add' && typeof inner === 'object' && inner !== null) set(inner as Holder, key, by);
    else if (how === 'drop' && place.holder !== root) Reflect.deleteProperty(place.holder, place.key);
    return root.value;
  }, value);
}

type Holder = Record<string, unknown>;

function placesIn(holder: Holder): readonly { readonly holder: Holder; readonly key: string }[] {
  return Object.keys(holder).flatMap((key) => {
    const inner = holder[key];
    return [{ holder, key }, ...(typeof inner === 'object' && inner !== null ? placesIn(inner as Holder) : [])];
  });
}

/** Also where the key is `__proto__`. */
function set(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function copy(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function list({ prefixItems = [], items = {}, minItems = 0 }: Schema): fc.Arbitrary<unknown> {
  const least = Math.max(minItems - prefixItems.length, 0);
  const more = fc.array(fitting(items), { minLength: least, maxLength: least + 3 });
  return fc.tuple(fc.tuple(...prefixItems.map(fitting)), more).map(([first, rest]) => [...first, ...rest]);
}

function text({
  enum: words,
  pattern,
  minLength = 0,
  maxLength = Number.MAX_SAFE_INTEGER,
}: Schema): fc.Arbitrary<string> {
  if (words) return fc.constantFrom(...words);
  if (pattern === undefined) return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 20) });
  return matching(new RegExp(pattern, 'u')).filter(({ length }) => length >= minLength && length <= maxLength);
}

function object({ properties, required = [], propertyNames, additionalProperties }: Schema): fc.Arbitrary<unknown> {
  if (!properties) {
    const values = typeof additionalProperties === 'object' ? fitting(additionalProperties) : fc.jsonValue();
    return fc.dictionary(text(propertyNames ?? {}), values, { maxKeys: 3 });
  }
  const parts = Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, fitting(part)]));
  return fc.record(parts, { requiredKeys: [...required] });
}
