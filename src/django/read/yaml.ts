import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml';

/** A scalar as it is written, without quotes, folds and indentation; empty for YAML's null. Numbers and booleans stay text. */
export type YamlText = {
  readonly kind: 'text';
  readonly text: string;
  readonly line: number;
  /** The line on which the text itself begins: the next one for what stands behind `|` and `>`. */
  readonly start: number;
};
export type YamlList = { readonly kind: 'list'; readonly items: readonly YamlValue[]; readonly line: number };
/** Merge keys (`<<`) are carried out. */
export type YamlMap = {
  readonly kind: 'map';
  readonly members: ReadonlyMap<string, YamlValue>;
  readonly line: number;
};
/** A value with its line, from 1: that of the key where it has one. */
export type YamlValue = YamlText | YamlList | YamlMap;

/** The documents of a file; or why it is not read, and where that turned out. */
export type YamlFile =
  | { readonly kind: 'read'; readonly documents: readonly YamlValue[] }
  | { readonly kind: 'unreadable'; readonly because: string; readonly line: number };

// Files that describe a project are a few hundred lines. What is longer is something else, and may be made to keep its reader busy.
const maximumLength = 128 * 1024;
const maximumTokens = 50_000;
const maximumDepth = 64;
/** Of all values, each counted as often as an alias or a merge key puts it somewhere. */
const maximumValues = 50_000;

/** Reads YAML that others have written: never throws, takes bounded time, and follows aliases only so far. */
export function readYaml(text: string): YamlFile {
  if (text.length > maximumLength) return unreadable(`longer than ${maximumLength / 1024} KiB`, 1);
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > maximumTokens) return unreadable('too many values', 1);
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      // Repeated keys are found by comparing each with each. Here the last one counts.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
    const documents = Array.isArray(parsed) ? parsed : [];
    for (const { errors } of documents) {
      const [error] = errors;
      if (error) return unreadable(error.message, lineAt(error.pos[0]));
    }
    return { kind: 'read', documents: documents.map((each) => new Reader(each, lineAt).document()) };
  } catch (error) {
    if (error instanceof Unreadable) return unreadable(error.message, error.line);
    // The library's own limits, that of the stack among them.
    return unreadable(error instanceof Error ? error.message : 'not YAML', 1);
  }
}

/** A member of a mapping; undefined where there is none, or where it is no mapping. */
export function member(value: YamlValue | undefined, key: string): YamlValue | undefined {
  return value?.kind === 'map' ? value.members.get(key) : undefined;
}

/** The text of a scalar; undefined for lists, mappings and null. */
export function textOf(value: YamlValue | undefined): string | undefined {
  return value?.kind === 'text' && value.text !== '' ? value.text : undefined;
}

/** The members of a list, or of a mapping with their names. */
export function entriesOf(value: YamlValue | undefined): readonly (readonly [name: string, value: YamlValue])[] {
  if (value?.kind === 'map') return [...value.members];
  return value?.kind === 'list' ? value.items.map((item, index) => [String(index), item] as const) : [];
}

function unreadable(because: string, line: number): YamlFile {
  return { kind: 'unreadable', because, line };
}

class Unreadable extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** One document, in its order: an anchor counts from where it stands on, so that none can hold itself. */
class Reader {
  readonly #document: Document.Parsed;
  readonly #lineAt: (offset: number) => number;
  readonly #anchors = new Map<string, { readonly value: YamlValue; readonly count: number }>();
  #count = 0;

  constructor(document: Document.Parsed, lineAt: (offset: number) => number) {
    this.#document = document;
    this.#lineAt = lineAt;
  }

  document(): YamlValue {
    return this.#read(this.#document.contents, undefined, 0);
  }

  #read(node: ParsedNode | null, keyLine: number | undefined, depth: number): YamlValue {
    const line = keyLine ?? (node ? this.#lineAt(node.range[0]) : 1);
    if (depth > maximumDepth) throw new Unreadable('nested too deeply', line);
    this.#spend(1, line);
    if (node === null) return { kind: 'text', text: '', line, start: line };
    if (isAlias(node)) {
      const known = this.#anchors.get(node.source);
      if (!known) throw new Unreadable(`*${node.source} refers to nothing before it`, line);
      this.#spend(known.count, line);
      return { ...known.value, line };
    }
    const before = this.#count;
    const value = this.#own(node, line, depth);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value, count: this.#count - before });
    return value;
  }

  #own(node: ParsedNode, line: number, depth: number): YamlValue {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const own = new Map<string, YamlValue>();
      const merged: YamlValue[] = [];
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? scalarText(key.source, key.value) : undefined;
        const at = isNode(key) && key.range ? this.#lineAt(key.range[0]) : line;
        const read = this.#read(value, at, depth + 1);
        if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(read);
        else if (name !== undefined) own.set(name, read);
      }
      return { kind: 'map', members: this.#merge(own, merged, line), line };
    }
    if (isSeq<ParsedNode>(node))
      return { kind: 'list', items: node.items.map((item) => this.#read(item, undefined, depth + 1)), line };
    if (!isScalar(node)) throw new Unreadable('not a value', line);
    const block = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    const start = this.#lineAt(node.range[0]) + (block ? 1 : 0);
    return { kind: 'text', text: scalarText(node.source, node.value), line, start };
  }

  /** https://yaml.org/type/merge.html: what the mapping has itself counts, then the earlier of those that are merged. */
  #merge(
    own: ReadonlyMap<string, YamlValue>,
    merged: readonly YamlValue[],
    line: number,
  ): ReadonlyMap<string, YamlValue> {
    const members = new Map<string, YamlValue>();
    for (const source of merged.flatMap((one) => (one.kind === 'list' ? one.items : [one])))
      for (const [key, value] of source.kind === 'map' ? source.members : []) {
        this.#spend(1, line);
        if (!members.has(key)) members.set(key, value);
      }
    for (const [key, value] of own) members.set(key, value);
    return members;
  }

  #spend(count: number, line: number): void {
    this.#count += count;
    if (this.#count > maximumValues) throw new Unreadable('too many values', line);
  }
}

function scalarText(source: string | undefined, value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : (source ?? '');
}
