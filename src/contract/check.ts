/**
 * The part of JSON Schema (2020-12) that says what a body or an answer may be; without any keyword it is anything. Lengths are those of JavaScript; what follows after
 * `type` counts for that type only.
 */
export type Schema = {
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly const?: string | boolean;
  readonly enum?: readonly string[];
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly prefixItems?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: Schema;
  readonly additionalProperties?: boolean | Schema;
};

/** So many mistakes of one value are told. */
const mostTold = 10;

/** The first {@link misfits} of a value. */
export function firstMisfits(value: unknown, schema: Schema, place?: string): readonly string[] {
  const told: string[] = [];
  for (const each of misfits(value, schema, place)) {
    told.push(each);
    if (told.length === mostTold) break;
  }
  return told;
}

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
  if (schema.type === undefined) return;
  const type = typeOf(value);
  if (type !== schema.type && !(type === 'integer' && schema.type === 'number')) {
    yield at(place, `expected ${schema.type}`);
    return;
  }
  if (typeof value === 'string') yield* ofText(value, schema, place);
  else if (typeof value === 'number') yield* ofNumber(value, schema, place);
  else if (Array.isArray(value)) yield* ofList(value, schema, place);
  else if (isObject(value)) yield* ofObject(value, schema, place);
}

/**
 * Of several objects with a `kind` each, the one that is meant; of several types, the one that is there. Where several objects share
 * a kind, a second key tells them apart; `told`: those that have been asked already.
 */
function* ofOptions(
  value: unknown,
  options: readonly Schema[],
  place: string,
  told: readonly string[] = [],
): Generator<string, void, undefined> {
  const nested = options.flatMap((option) => option.oneOf ?? option.anyOf ?? option);
  const key = Object.keys(nested[0]?.properties ?? {}).find(
    (name) => !told.includes(name) && nested.every((option) => option.properties?.[name]?.const !== undefined),
  );
  if (key === undefined) {
    const meant = nested.find(({ type }) => type === typeOf(value) || (type === 'number' && typeof value === 'number'));
    if (meant) yield* misfits(value, meant, place);
    else yield at(place, `expected ${either(nested.map((option) => option.type ?? 'something else'))}`);
    return;
  }
  if (!isObject(value)) {
    yield at(place, 'expected object');
    return;
  }
  const tag = own(value, key);
  const meant = nested.filter((option) => option.properties?.[key]?.const === tag);
  const [only, ...more] = meant;
  if (only && more.length === 0) yield* misfits(value, only, place);
  else if (only) yield* ofOptions(value, meant, place, [...told, key]);
  else
    yield at(
      within(place, key),
      `expected ${either(nested.map((option) => String(option.properties?.[key]?.const ?? '')))}`,
    );
}

function* ofList(value: readonly unknown[], schema: Schema, place: string): Generator<string, void, undefined> {
  const { prefixItems = [], items = {}, minItems = prefixItems.length } = schema;
  if (value.length < minItems) yield at(place, `expected at least ${minItems} items`);
  for (const [index, each] of value.entries())
    yield* misfits(each, prefixItems[index] ?? items, within(place, String(index)));
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
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, enum: words } = schema;
  if (words && !words.includes(value)) yield at(place, `expected ${either(words)}`);
  else if (value.length < minLength) yield at(place, `too short: at least ${minLength} characters`);
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
