/**
 * The part of JSON Schema (2020-12) that says what a body may be. Lengths are those of JavaScript; what follows after
 * `type` counts for that type only.
 */
export type Schema = {
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly const?: string;
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Schema;
  readonly additionalProperties?: boolean | Schema;
};

/**
 * Where and why a value that JSON gave does not fit a schema, as far as somebody asks: `site: expected string`. Nothing where it
 * fits. Of the value only the names of its keys are repeated. It goes no deeper than the schema, however deep the value is.
 */
export function* misfits(value: unknown, schema: Schema, place = ''): Generator<string, void, undefined> {
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return yield* ofOptions(value, options, place);
  if (schema.const !== undefined) {
    if (value !== schema.const) yield at(place, `expected ${schema.const}`);
    return;
  }
  const type = typeOf(value);
  if (type !== schema.type) {
    yield at(place, `expected ${schema.type}`);
    return;
  }
  if (typeof value === 'string') yield* ofText(value, schema, place);
  else if (typeof value === 'number') yield* ofNumber(value, schema, place);
  else if (Array.isArray(value)) {
    for (const [index, each] of (value as readonly unknown[]).entries())
      yield* misfits(each, schema.items ?? {}, within(place, String(index)));
  } else if (isObject(value)) yield* ofObject(value, schema, place);
}

/** Of several objects with a `kind` each, the one that is meant; of several types, the one that is there. */
function* ofOptions(value: unknown, options: readonly Schema[], place: string): Generator<string, void, undefined> {
  const key = Object.keys(options[0]?.properties ?? {}).find((name) =>
    options.every((option) => option.properties?.[name]?.const !== undefined),
  );
  if (key === undefined) {
    const meant = options.find((option) => option.type === typeOf(value));
    if (meant) yield* misfits(value, meant, place);
    else yield at(place, `expected ${either(options.map((option) => option.type ?? 'something else'))}`);
    return;
  }
  if (!isObject(value)) {
    yield at(place, 'expected object');
    return;
  }
  const tag = own(value, key);
  const meant = options.find((option) => option.properties?.[key]?.const === tag);
  if (meant) yield* misfits(value, meant, place);
  else
    yield at(within(place, key), `expected ${either(options.map((option) => option.properties?.[key]?.const ?? ''))}`);
}

function* ofObject(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  place: string,
): Generator<string, void, undefined> {
  const { properties = {}, required = [], propertyNames, additionalProperties: others = true } = schema;
  for (const name of required) if (!Object.hasOwn(value, name)) yield at(within(place, name), 'is missing');
  for (const name of Object.keys(value)) {
    const inner = within(place, name);
    const property = own(properties, name);
    if (property) yield* misfits(value[name], property, inner);
    // JavaScript takes it for something else than a key, and so do the libraries that see it next.
    else if (others === false || name === '__proto__') yield at(inner, 'unknown key');
    else {
      if (propertyNames && !misfits(name, { type: 'string', ...propertyNames }).next().done)
        yield at(inner, 'not a name that is allowed there');
      if (typeof others === 'object') yield* misfits(value[name], others, inner);
    }
  }
}

function* ofText(value: string, schema: Schema, place: string): Generator<string, void, undefined> {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = schema;
  if (value.length < minLength) yield at(place, `too short: at least ${minLength} characters`);
  else if (value.length > maxLength) yield at(place, `too long: at most ${maxLength} characters`);
  else if (pattern !== undefined && !new RegExp(pattern, 'u').test(value)) yield at(place, `does not match ${pattern}`);
}

function* ofNumber(value: number, schema: Schema, place: string): Generator<string, void, undefined> {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (value < minimum || value > maximum) yield at(place, `expected ${minimum} to ${maximum}`);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isSafeInteger(value) ? 'integer' : typeof value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeOf(value) === 'object';
}

/** The value of a key that the object itself has: `constructor` is none of JSON's. */
function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function within(place: string, name: string): string {
  const short = name.length > 40 ? `${name.slice(0, 40)}…` : name;
  const shown = short.replaceAll(/\p{C}/gu, '\uFFFD');
  return place === '' ? shown : `${place}.${shown}`;
}

function at(place: string, what: string): string {
  return `${place === '' ? 'the body' : place}: ${what}`;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
