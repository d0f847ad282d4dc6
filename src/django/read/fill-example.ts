import { purposeOf } from '../environment/environment-names.ts';

/** An example as a file of settings: what was filled in, and what still stands there as the example has it. */
export type Filled = {
  readonly text: string;
  readonly filled: readonly { readonly name: string; readonly line: number }[];
  readonly left: readonly { readonly name: string; readonly line: number; readonly placeholder: string }[];
};

/** What an example is filled with. `secret`: one for each name, of 50 characters or more, which is as many as Django asks for. */
export type Filling = { readonly secret: (name: string) => string; readonly domains: readonly string[] };

const assignment = /^([A-Z][A-Z0-9_]*)(\s*(?::[^=]+)?=\s*)(.+?)(\s*(?:#.*)?)$/;
const textLiteral = /^[bru]?(?:'([^'\\]*)'|"([^"\\]*)"|'''([^'\\]*)'''|"""([^"\\]*)""")$/i;

/** What people write where the reader is to write something else. */
const placeholder =
  /^<.*>$|^\{\{?.*\}\}?$|^\[.*\]$|^%.*%$|^\$\{.*\}$|^[x*.?-]{3,}$|\b(?:change|replace|insert|fill)[ _-]?(?:me|this|it|in|with|here|your|by)\b|^your[ _-]|^(?:todo|fixme|none|null|secret|password|changeit)$/i;

/** Hosts that stand for nobody's. */
const exampleHost = /^$|(?:^|\.)example\.(?:com|org|net)$|^(?:localhost|127\.0\.0\.1|<.*>|your?[-_.].*)$/i;

/**
 * Fills in what an example of settings leaves open and what breaks as long as it is open: keys that are secret, since everybody has
 * those of an example, and the hosts. All else (databases, caches, brokers) is overridden once the settings are loaded. Only
 * assignments on one line, at the top of the file: nothing is changed that cannot be told.
 */
export function fillExample(text: string, { secret, domains }: Filling): Filled {
  const filled: { name: string; line: number }[] = [];
  const left: { name: string; line: number; placeholder: string }[] = [];
  const lines = text.split('\n').map((line, index) => {
    const match = assignment.exec(line.replace(/\r$/, ''));
    if (!match) return line;
    const [, name = '', equals = '', value = '', rest = ''] = match;
    const fill = (written: string): string => {
      filled.push({ name, line: index + 1 });
      return `${name}${equals}${written}${rest}`;
    };
    const purpose = purposeOf(name, []);
    if (purpose === 'allowed-hosts' && isOpenList(value)) return fill(JSON.stringify(domains));
    const literal = textLiteral.exec(value);
    if (!literal) return line;
    const content = literal.slice(1).find((part) => part !== undefined) ?? '';
    if (purpose === 'secret-key') return fill(`'${secret(name)}'`);
    if (placeholder.test(content)) left.push({ name, line: index + 1, placeholder: content });
    return line;
  });
  return { text: lines.join('\n'), filled, left };
}

/** A list of no hosts, or of none that is anybody's. */
function isOpenList(value: string): boolean {
  const list = /^[[(](.*?),?\s*[\])]$/.exec(value)?.[1];
  if (list === undefined) return false;
  const items = list.split(',').map((item) => textLiteral.exec(item.trim())?.slice(1).join('') ?? item.trim());
  return items.every((item) => exampleHost.test(item));
}
