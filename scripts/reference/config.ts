import * as z from 'zod';

import { configSchema } from '../../src/config/schema.ts';
import { block, mono, page, sentence, table } from './markdown.ts';

export type ConfigKey = {
  readonly key: string;
  readonly description: string;
  readonly wants: string;
  readonly example: string;
};

/** Every key of the config, tables before what is in them: `web`, `web.workers`, `workers.NAME.command`. */
export function configKeys(): readonly ConfigKey[] {
  return below(configSchema, '');
}

function below(schema: z.core.$ZodType, prefix: string): readonly ConfigKey[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return below(inner.valueType, `${prefix}NAME.`);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, value]) => entry(`${prefix}${name}`, unwrap(value)));
}

function entry(key: string, schema: z.core.$ZodType): readonly ConfigKey[] {
  const meta = z.globalRegistry.get(schema) ?? {};
  const text = (field: string): string => {
    const found = meta[field];
    return typeof found === 'string' ? found : '';
  };
  const own = { key, description: text('description'), wants: text('wants'), example: text('example') };
  return [own, ...below(schema, `${key}.`)];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}

/** Every key of roadie.toml. */
export function configPage(): string {
  const keys = configKeys();
  return page('Config', [
    "Roadie's own file is called its config, since 'settings' are Django's. It is `roadie.toml` beside `manage.py` or at the top of the repository, or the table `[tool.roadie]` in `pyproject.toml`. Most projects need none: every key is optional, and what is given on the command line comes first.",
    'All mistakes are reported together, each with its line, its column and the nearest right key.',
    table(
      ['Key', 'Meaning', 'Wanted'],
      keys.map(({ key, description, wants }) => [mono(key), sentence(description), wants]),
    ),
    '## Examples',
    block(
      'toml',
      [...new Set(keys.filter(({ key }) => !key.includes('.')).map(({ example }) => example))]
        // Tables end the keys of the top, so they come last.
        .toSorted((left, right) => Number(left.startsWith('[')) - Number(right.startsWith('[')))
        .join('\n'),
    ),
  ]);
}
