import { posix } from 'node:path';

import type { DockerRun } from './dockerfile.ts';

/**
 * A program of the project's own that an image of Node runs: `node esbuild.config.mjs`, `../run build:js`. Its words, with paths as they
 * stand; undefined for all else. `sources`: the paths in the project that may lie at one of the image.
 */
export function ownProgram(
  { image, folder, command }: DockerRun,
  words: readonly string[],
  sources: (at: string) => readonly string[],
  files: readonly string[],
): readonly [string, ...string[]] | undefined {
  const [first = '', ...rest] = words;
  // Under a condition that nobody here can judge.
  if (!/(^|\/)node(:|$)/.test(image) || /\bif\s/.test(forProduction(command))) return undefined;
  const file = /^(node|bash|sh)$/.test(first) ? rest.find((word) => !word.startsWith('-')) : first;
  if (file === undefined || !(file === first ? /^\.{1,2}\//.test(file) : /\.[cm]?[jt]s$|\.sh$|^\.{1,2}\//.test(file)))
    return undefined;
  // What only a shell can tell is no word of ours.
  if (words.some((word) => word.includes('$'))) return undefined;
  const known = sources(posix.resolve(folder, file));
  return known.some((path) => files.includes(posix.normalize(path))) ? [first, ...rest] : undefined;
}

/** Takes `if` and `then` from the commands of a line that is for production: `if [ "$NODE_ENV" != "development" ]; then npm run build; fi`. */
export function forProduction(line: string): string {
  const condition =
    /\bif\s+\[+\s*"?\$\{?\w+\}?"?\s*(?:!=\s*["']?(?:dev|development|local|test)|==?\s*["']?(?:prod|production))\b[^;]*;\s*then\s/;
  return line.replace(condition, ' ').replace(/;\s*else\b.*?;\s*fi\b/, ' ');
}
