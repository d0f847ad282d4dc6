/** What can be written: JSON's values, anchors and what refers to them. Absent members are left out. */
export type Yaml =
  | string
  | number
  | boolean
  | null
  | readonly Yaml[]
  | { readonly [key: string]: Yaml | undefined }
  | Anchored
  | Alias;

/** A value with a name, `&name`, for others to take over. */
export class Anchored {
  readonly name: string;
  readonly value: Yaml;
  constructor(name: string, value: Yaml) {
    this.name = name;
    this.value = value;
  }
}

/** `*name`; as the value of the key `<<` its members become the mapping's own, where that has none of the name. */
export class Alias {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A document in the part of YAML 1.2 that every parser reads the same: block mappings and sequences, and scalars which are
 * JSON's where they could be taken for anything but text.
 */
export function writeYaml(value: { readonly [key: string]: Yaml | undefined }): string {
  return mapping(value, 0).join('\n') + '\n';
}

function mapping(value: { readonly [key: string]: Yaml | undefined }, depth: number): readonly string[] {
  return Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : entry(`${indent(depth)}${key === '<<' ? key : scalar(key)}:`, member, depth + 1),
  );
}

function entry(start: string, value: Yaml, depth: number): readonly string[] {
  if (value instanceof Anchored) return entry(`${start} &${value.name}`, value.value, depth);
  if (value instanceof Alias) return [`${start} *${value.name}`];
  if (value === null || typeof value !== 'object') return [`${start} ${scalar(value)}`];
  if (isList(value)) {
    if (value.length === 0) return [`${start} []`];
    return [start, ...value.flatMap((member) => item(member, depth))];
  }
  const members = mapping(value, depth);
  return members.length === 0 ? [`${start} {}`] : [start, ...members];
}

/** One of a sequence. The first member of a mapping stands behind the dash. */
function item(value: Yaml, depth: number): readonly string[] {
  const lines = entry(`${indent(depth)}-`, value, depth + 1);
  const [dash, first, ...rest] = lines;
  if (dash !== `${indent(depth)}-` || first === undefined) return lines;
  return [`${dash} ${first.trimStart()}`, ...rest];
}

function isList(value: object): value is readonly Yaml[] {
  return Array.isArray(value);
}

function indent(depth: number): string {
  return '  '.repeat(depth);
}

/** Words that are no text in one version of YAML or another. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null|~)$/i;

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain =
    /^[A-Za-z_/.][A-Za-z0-9_/. @=+-]*$/.test(value) &&
    !reserved.test(value) &&
    !/ $|^\.+\d|^\.(?:inf|nan)$/i.test(value);
  // JSON's strings are YAML's, but for these, which YAML takes for the end of a line.
  return plain ? value : JSON.stringify(value).replaceAll(/[\u0085\u2028\u2029\u007f-\u009f\ufeff]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
