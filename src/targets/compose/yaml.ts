import {
  Alias as YamlAlias,
  Document,
  isCollection,
  isScalar,
  type Node,
  Pair,
  Scalar,
  type Tags,
  YAMLMap,
  YAMLSeq,
} from 'yaml';

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
 * A document that says the same in YAML 1.1 and 1.2, which parsers mix: text that one of them could take for anything else is
 * quoted, and no line is folded.
 */
export function writeYaml(value: { readonly [key: string]: Yaml | undefined }): string {
  const document = new Document(undefined, { schema: 'yaml-1.1', customTags: withoutMerge });
  document.contents = node(value);
  return document
    .toString({ lineWidth: 0 })
    .replaceAll(lineEnds, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The library would write any text `<<` as a merge key. */
function withoutMerge(tags: Tags): Tags {
  return tags.filter((tag) => tag !== 'merge' && (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:merge'));
}

/** What YAML 1.1 takes for the end of a line, or nobody can see. */
const lineEnds = /[\u0085\u2028\u2029\u007f-\u009f\ufeff]/g;

function node(value: Yaml): Node {
  if (value instanceof Anchored) {
    const named = node(value.value);
    if (isScalar(named) || isCollection(named)) named.anchor = value.name;
    return named;
  }
  if (value instanceof Alias) return new YamlAlias(value.name);
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (isList(value)) {
    const list = new YAMLSeq();
    list.items = value.map(node);
    return list;
  }
  const map = new YAMLMap();
  map.items = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [new Pair(key === '<<' ? new Scalar(key) : scalar(key), node(member))],
  );
  return map;
}

function scalar(value: string | number | boolean | null): Scalar {
  const written = new Scalar(value);
  // Only there are those characters written by their number; the others mean something in YAML 1.1.
  if (typeof value === 'string' && (value.search(lineEnds) >= 0 || value === '=' || value === '<<'))
    written.type = 'QUOTE_DOUBLE';
  return written;
}

function isList(value: object): value is readonly Yaml[] {
  return Array.isArray(value);
}
