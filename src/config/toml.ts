import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

import { failed, ok, type Result, type Where } from '../problems/problem.ts';

/** The way to a value: keys, and indices of arrays. */
export type Path = readonly (string | number)[];

/** A TOML file as values, with the place of each. */
export type Toml = {
  readonly value: Readonly<Record<string, unknown>>;
  /** Where the key of that path stands, else the nearest table above it. */
  keyAt(path: Path): Where;
  /** Where the value of that path stands, else its nearest parent's. */
  valueAt(path: Path): Where;
};

/** Reads TOML 1.0. Problem: `config-syntax`, with line and column. */
export function parseToml(file: string, text: string): Result<Toml> {
  const keys = new Map<string, Where>();
  const values = new Map<string, Where>();
  // A byte order mark is what some editors add, and nothing that anybody meant.
  const source = text.replace(/^\uFEFF/, '');
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(source, { tomlVersion: '1.0.0' });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const where = { file, line: error.lineNumber, column: error.column + 1 };
    return failed({
      code: 'config-syntax',
      summary: `${file} is not valid TOML: ${error.message.replace(/\.$/, '')}`,
      where,
      cure: [
        `Look at line ${error.lineNumber}, column ${error.column + 1}: text stands in quotes, keys are unique, a table begins with [name].`,
      ],
    });
  }

  const root: Record<string, unknown> = {};
  const place = (node: AST.TOMLNode): Where => ({ file, line: node.loc.start.line, column: node.loc.start.column + 1 });
  const value = (node: AST.TOMLContentNode, path: Path): unknown => {
    values.set(id(path), place(node));
    if (node.type === 'TOMLArray') return node.elements.map((element, index) => value(element, [...path, index]));
    if (node.type === 'TOMLValue') return node.value;
    const table: Record<string, unknown> = {};
    for (const pair of node.body) assign(table, path, pair);
    return table;
  };
  const enter = (
    start: Record<string, unknown>,
    path: Path,
    names: readonly (AST.TOMLBare | AST.TOMLQuoted)[],
  ): { table: Record<string, unknown>; path: Path } => {
    let table = start;
    const at = [...path];
    for (const node of names) {
      const name = nameOf(node);
      at.push(name);
      if (!keys.has(id(at))) keys.set(id(at), place(node));
      if (!values.has(id(at))) values.set(id(at), place(node));
      const next = ownValue(table, name);
      if (isTable(next)) {
        table = next;
      } else if (Array.isArray(next) && isTable(next.at(-1))) {
        at.push(next.length - 1);
        table = next.at(-1) as Record<string, unknown>;
      } else {
        const made: Record<string, unknown> = {};
        define(table, name, made);
        table = made;
      }
    }
    return { table, path: at };
  };
  const assign = (start: Record<string, unknown>, path: Path, pair: AST.TOMLKeyValue): void => {
    const inner = enter(start, path, pair.key.keys.slice(0, -1));
    const last = pair.key.keys.at(-1);
    if (!last) return;
    const at = [...inner.path, nameOf(last)];
    keys.set(id(at), place(last));
    define(inner.table, nameOf(last), value(pair.value, at));
  };
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      assign(root, [], node);
      continue;
    }
    const names = node.key.keys;
    const last = names.at(-1);
    if (node.kind === 'array' && last) {
      const inner = enter(root, [], names.slice(0, -1));
      const at = [...inner.path, nameOf(last)];
      const existing = ownValue(inner.table, nameOf(last));
      const list: unknown[] = Array.isArray(existing) ? existing : [];
      if (!Array.isArray(existing)) define(inner.table, nameOf(last), list);
      const table: Record<string, unknown> = {};
      list.push(table);
      keys.set(id(at), place(last));
      values.set(id(at), place(last));
      for (const pair of node.body) assign(table, [...at, list.length - 1], pair);
    } else {
      const inner = enter(root, [], names);
      if (last) keys.set(id(inner.path), place(last));
      for (const pair of node.body) assign(inner.table, inner.path, pair);
    }
  }
  return ok({ value: root, keyAt: (path) => find(keys, file, path), valueAt: (path) => find(values, file, path) });
}

function find(places: ReadonlyMap<string, Where>, file: string, path: Path): Where {
  for (let length = path.length; length > 0; length -= 1) {
    const found = places.get(id(path.slice(0, length)));
    if (found) return found;
  }
  return { file };
}

function id(path: Path): string {
  return JSON.stringify(path);
}

function nameOf(node: AST.TOMLBare | AST.TOMLQuoted): string {
  return node.type === 'TOMLBare' ? node.name : node.value;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** `__proto__` is a key like any other here. */
function define(table: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(table, name, { value, enumerable: true, configurable: true, writable: true });
}

function ownValue(table: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
