import * as z from 'zod';

import { nearest } from '../problems/nearest.ts';
import { failed, ok, type Problem, type Result, type Where } from '../problems/problem.ts';
import type { Config } from './config.ts';
import { checkDomain } from './names.ts';
import { configSchema, type KeyHelp } from './schema.ts';
import { parseToml, type Path, type Toml } from './toml.ts';

/** What to read: `section` for a file in which Roadie has only a table. `file` is how problems name it. */
export type ConfigInput = { readonly file: string; readonly text: string; readonly section?: 'tool.roadie' };

/**
 * Reads Roadie's config and reports every mistake at once, each with its line and column. A file without the section is an
 * empty config. Problems: `config-syntax`, `config-unknown-key`, `config-bad-value`, `bad-name`, `bad-domain`.
 */
export function readConfig(input: ConfigInput): Result<Config> {
  const parsed = parseToml(input.file, input.text);
  if (!parsed.ok) return parsed;
  const prefix: Path = input.section?.split('.') ?? [];
  const content = at(parsed.value.value, prefix);
  if (content === undefined) return ok({});
  const checked = configSchema.safeParse(content, { reportInput: true });
  if (checked.success) return ok(tidy(checked.data));
  const problems = checked.error.issues
    .flatMap((issue) => problemsOf(issue, parsed.value, prefix))
    .toSorted((left, right) => order(left, right));
  const [first, ...rest] = problems;
  if (!first) throw new Error('the checker refused the config without a reason');
  return failed(first, ...rest);
}

/** Domains as DNS knows them, each once. */
function tidy(config: z.infer<typeof configSchema>): Config {
  const plain = JSON.parse(JSON.stringify(config)) as Config;
  if (!plain.domains) return plain;
  const domains = plain.domains.map((domain) => {
    const checked = checkDomain(domain);
    return checked.ok ? checked.value : domain;
  });
  return { ...plain, domains: [...new Set(domains)] };
}

function problemsOf(issue: z.core.$ZodIssue, toml: Toml, prefix: Path): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const whole = [...prefix, ...path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], toml.keyAt([...whole, key])));
  }
  if (issue.code === 'invalid_key') return [badKey(path, toml.keyAt(whole))];
  if (issue.code === 'custom') {
    const problem = issue.params?.['problem'] as Problem;
    return [{ ...problem, where: toml.valueAt(whole) }];
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    const help = helpFor(path);
    return [
      {
        code: 'config-bad-value',
        summary: `${dotted(path.slice(0, -1))} has no ${path.at(-1)}: ${help.wants} is wanted`,
        where: toml.keyAt(whole),
        cure: [`Add for example: ${oneLine(help.example)}`],
      },
    ];
  }
  if (path.length === 0) return [notATable(prefix, toml.valueAt(whole))];
  return [badValue(path, issue.input, toml.valueAt(whole))];
}

function unknownKey(path: Path, where: Where): Problem {
  const key = String(path.at(-1));
  const known = keysIn(path.slice(0, -1));
  const near = nearest(key, known) ?? elsewhere(key);
  return {
    code: 'config-unknown-key',
    summary: `${dotted(path)} is not a key that Roadie knows${near === undefined ? '' : `; did you mean ${near}?`}`,
    where,
    cure: [near === undefined ? `Remove it. Known here: ${known.join(', ')}.` : `Write ${near}.`],
  };
}

function badKey(path: Path, where: Where): Problem {
  const help = helpFor(path.slice(0, -1));
  return {
    code: 'config-bad-value',
    summary: `'${path.at(-1)}' cannot be a name in ${dotted(path.slice(0, -1))}: ${help.wants} is wanted`,
    where,
    cure: [`Write for example: ${oneLine(help.example)}`],
  };
}

function badValue(path: Path, met: unknown, where: Where): Problem {
  const help = helpFor(path);
  return {
    code: 'config-bad-value',
    summary: `${dotted(path)} is ${shown(path, met)}, but ${help.wants} is wanted`,
    where,
    cure: [`Write for example: ${oneLine(help.example)}`],
  };
}

function notATable(prefix: Path, where: Where): Problem {
  const name = dotted(prefix);
  return {
    code: 'config-bad-value',
    summary: `${name} is not a table`,
    where,
    cure: [`Begin a table with a line of its own: [${name}]`],
  };
}

/** The value met. Those of [environment] can be secrets: only their kind is told. */
function shown(path: Path, met: unknown): string {
  const kind = Array.isArray(met)
    ? 'a list'
    : met instanceof Date
      ? 'a date'
      : typeof met === 'object'
        ? 'a table'
        : undefined;
  if (kind !== undefined) return kind;
  if (path[0] === 'environment')
    return typeof met === 'boolean'
      ? 'true or false without quotes'
      : typeof met === 'string'
        ? 'a text with a NUL in it'
        : `a ${typeof met} without quotes`;
  const text = typeof met === 'string' ? JSON.stringify(met) : String(met);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function oneLine(example: string): string {
  return example.replaceAll('\n', ', then ');
}

function dotted(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number'
        ? `[${part}]`
        : `${index === 0 ? '' : '.'}${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`,
    )
    .join('');
}

/** `port` at the top, `timeout_seconds` outside its table: a key that is known elsewhere. */
function elsewhere(key: string): string | undefined {
  for (const table of ['', 'health', 'web'] as const) {
    const near = nearest(key, keysIn(table === '' ? [] : [table]));
    if (near !== undefined) return table === '' ? near : `${table}.${near}`;
  }
  return undefined;
}

/** The part of the schema that stands at a path, whatever is wrapped around it. */
function schemaAt(path: Path): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = configSchema;
  for (const part of path) {
    const inner: z.core.$ZodType | undefined = schema && unwrap(schema);
    if (inner instanceof z.ZodObject) schema = Object.hasOwn(inner.shape, part) ? inner.shape[part] : undefined;
    else if (inner instanceof z.ZodRecord) schema = inner.valueType;
    else if (inner instanceof z.ZodArray) schema = inner.element;
    else return undefined;
  }
  return schema && unwrap(schema);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

function keysIn(path: Path): readonly string[] {
  const schema = schemaAt(path);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function helpFor(path: Path): KeyHelp {
  const schema = schemaAt(path);
  const meta = schema && z.globalRegistry.get(schema);
  const text = (key: string, otherwise: string): string => {
    const found = meta?.[key];
    return typeof found === 'string' ? found : otherwise;
  };
  return { wants: text('wants', 'another value'), example: text('example', '') };
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}

function order(left: Problem, right: Problem): number {
  return (left.where?.line ?? 0) - (right.where?.line ?? 0) || (left.where?.column ?? 0) - (right.where?.column ?? 0);
}
