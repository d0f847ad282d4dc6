import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { layersTable } from './layers.ts';
import { answersJson, bodiesJson } from './reference/bodies.ts';
import { referencePages } from './reference/pages.ts';

const home = fileURLToPath(new URL('../', import.meta.url));
const folder = `${home}docs/reference/`;

/** Writes docs/reference and what the daemon knows of the contract's schemas, or with `--check` only tells which of its pages are out of date. Returns the exit code. */
async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  if (rest.length > 0 || (first !== undefined && first !== '--check')) {
    console.error('usage: npm run docs [-- --check]');
    return 2;
  }
  const pages = referencePages();
  await mkdir(folder, { recursive: true });
  const outdated: string[] = [];
  const files = [
    ...Object.entries(pages).map(([name, text]) => [`docs/reference/${name}`, text] as const),
    ['src/contract/bodies.json', bodiesJson()] as const,
    ['src/contract/answers.json', answersJson()] as const,
    ['docs/architecture.md', await withLayers(`${home}docs/architecture.md`)] as const,
  ];
  for (const [path, text] of files) {
    const before = await readFile(`${home}${path}`, 'utf8').catch(() => undefined);
    if (before === text) continue;
    outdated.push(path);
    if (first !== '--check') await writeFile(`${home}${path}`, text);
  }
  // A page whose source is gone would go on claiming what is no longer so.
  const strays = (await readdir(folder))
    .filter((name) => !Object.hasOwn(pages, name))
    .map((name) => `docs/reference/${name}`);
  for (const path of strays) console.error(`${path} is made by nothing: remove it.`);
  for (const path of outdated)
    console.log(first === '--check' ? `${path} is out of date: run \`npm run docs\`.` : `wrote ${path}`);
  return strays.length > 0 || (first === '--check' && outdated.length > 0) ? 1 : 0;
}

/** The page with its table of folders as `scripts/layers.ts` has it. */
async function withLayers(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  return text.replace(/(<!-- layers -->\n\n)[^]*?(\n\n<!-- \/layers -->)/, `$1${layersTable()}$2`);
}

process.exitCode = await main(process.argv.slice(2));
