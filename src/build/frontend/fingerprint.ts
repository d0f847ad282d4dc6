import { createHash } from 'node:crypto';

import type { FrontEnd } from '../../django/facts.ts';

/** All that the files of a front end are made from. */
export type FrontEndInput = {
  readonly frontEnd: FrontEnd;
  /** Versions of Node and of what installs its packages. */
  readonly tools: readonly string[];
  /** Hash of the project's files that a build may read. */
  readonly sources: string;
  readonly variables: Readonly<Record<string, string>>;
};

/** Front ends of equal fingerprints are built to the same. */
export function frontEndFingerprint({ frontEnd, tools, sources, variables }: FrontEndInput): string {
  const { folder, install, commands, variables: own, kept } = frontEnd;
  const input = [
    folder,
    install,
    commands,
    own ?? {},
    kept ?? [],
    tools,
    sources,
    Object.entries(variables).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ];
  return createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 32);
}

/** Names whose values a bundler writes into what every visitor gets: they are public by their meaning. */
const publicNames = /^(VITE|REACT_APP|VUE_APP|NEXT_PUBLIC|NUXT_PUBLIC|PUBLIC|GATSBY|PARCEL)_/;

/** Of the owner's variables those that a front end is built with: no other is a build's business. */
export function publicVariables(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => publicNames.test(name)));
}

/**
 * Which of a project's files may have a say in a build. Its Python, its translations and its documents have none, unless something
 * collects the names of classes wherever they stand (`packageFile`: the text of package.json).
 */
export function sourceFiles(files: readonly string[], packageFile: string): readonly string[] {
  if (/tailwindcss|unocss|purgecss|windicss/.test(packageFile)) return files;
  return files.filter((file) => !/\.(?:pyi?|po|mo|rst|md)$/.test(file));
}
