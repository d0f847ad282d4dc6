import type { Cast, EnvironmentName } from '../facts.ts';

type Form = Pick<EnvironmentName, 'cast' | 'separator'>;

/** Several texts as one: parted as the settings part them, by commas where nothing says. */
export function listForms(items: readonly string[], { cast, separator }: Form): readonly string[] {
  const json = JSON.stringify(items);
  const plain = items.join(separator ?? ',');
  const [first, second] = cast === 'json' || cast === 'toml' ? [json, plain] : [plain, json];
  return [first, second, items.join(','), items.join(' ')];
}

/** 'Not so', as whoever reads it understands it. */
export function debugForms({ cast }: Form): readonly string[] {
  const usual = ['False', '0', 'false', ''];
  if (cast === 'integer' || cast === 'number') return ['0', ...usual];
  return cast === 'json' || cast === 'toml' ? ['false', ...usual] : usual;
}

/** A database's port: a number even where a socket has none, since nobody looks at it there. */
export function portForms(port: string, engine: 'postgresql' | 'mysql' | 'sqlite', { cast }: Form): readonly string[] {
  const number = port === '' ? { postgresql: '5432', mysql: '3306', sqlite: '0' }[engine] : port;
  return cast === undefined && engine === 'sqlite' ? [port, number] : [number, port];
}

/** Stands for what only the owner knows, so that the settings get as far as the next one. In a form that does not stop them earlier. */
export function placeholderFor(cast: Cast | undefined): string {
  switch (cast) {
    case 'integer':
    case 'number':
      return '1';
    case 'boolean':
      return 'False';
    case 'json':
      return '[]';
    case 'dictionary':
      return 'roadie=placeholder';
    case 'web-url':
    case 'url':
      return 'https://placeholder.invalid';
    case 'redis-url':
      return 'redis://placeholder.invalid';
    case 'path':
      return '/nonexistent';
    default:
      return 'roadie-placeholder';
  }
}
