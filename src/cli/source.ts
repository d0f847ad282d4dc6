import { resolve } from 'node:path';

import { exists } from '../machine/files/files.ts';
import { ProblemError } from '../problems/problem.ts';
import { checkRef } from '../source/address.ts';

/** An absolute path, or a repository's URL as it is: `https://…`, `git@host:path`, `file://…`. */
export function sourceOf(source: string, cwd: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:(\/\/|:)/i.test(source) || /^[\w.-]+@[\w.-]+:/.test(source);
  return isUrl ? source : resolve(cwd, source);
}

/** Throws `source-missing` for a path where nothing is: told at once, before anything is started for it. */
export async function requireSource(source: string): Promise<void> {
  if (!source.startsWith('/') || (await exists(source))) return;
  throw new ProblemError({
    code: 'source-missing',
    summary: `There is nothing at ${source}`,
    where: { file: source },
    cure: ["Give the project's folder or the URL of its repository.", 'In the folder itself: `roadie up`'],
  });
}

/** Throws `source-refused` for what is no branch, tag or commit: the daemon would refuse it with fewer words. */
export function requireRef(ref: string | undefined): void {
  const problem = ref === undefined ? undefined : checkRef(ref);
  if (problem) throw new ProblemError(problem);
}
