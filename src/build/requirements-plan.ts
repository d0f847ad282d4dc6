import { posix } from 'node:path';

import { includedFile } from '../django/read/requirements-file.ts';
import { unusableRequirement } from '../django/read/unusable-requirements.ts';
import { failed, ok, type Result } from '../problems/problem.ts';
import type { InstallPlan, ReadProjectFile } from './dependencies.ts';

/** What to tell the installer about requirements files. Problem: `dependencies-unresolvable` for one that is not there. */
export async function planRequirements(
  files: readonly string[],
  read: ReadProjectFile,
  installer: 'uv' | 'pip',
): Promise<Result<InstallPlan>> {
  const inputs: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    if (path in inputs) return;
    const text = await read(path);
    if (text === undefined) return;
    inputs[path] = text;
    for (const line of text.split('\n')) {
      const included = /^\s*(?:-r|-c|--requirement|--constraint)(?:\s+|=)?\s*([^\s#]+)/.exec(line)?.[1];
      if (included !== undefined && !included.includes('://'))
        await visit(posix.normalize(posix.join(posix.dirname(path), included)));
    }
  };
  for (const file of files) await visit(file);
  const missing = files.find((file) => !(file in inputs));
  if (missing !== undefined) {
    return failed({
      code: 'dependencies-unresolvable',
      summary: `${missing} cannot be read`,
      where: { file: missing },
      cure: ['Commit the file, or take it out of what names it.'],
    });
  }
  const local = Object.values(inputs).some((text) => text.split('\n').some(isLocal));
  const renamed =
    installer === 'uv' &&
    Object.values(inputs).some((text) =>
      /^\s*(?:-i|--index-url)[\s=]+https?:\/\/pypi\.python\.org\/simple/m.test(text),
    );
  // PyPI's name until 2018: what old lock files still hold. The new one is what it leads to, where it leads anywhere.
  const index = renamed ? ['--default-index', 'https://pypi.org/simple'] : [];
  const unusable = Object.values(inputs).some((text) => text.split('\n').some(unusableRequirement));
  const wanted = unusable
    ? withoutUnusable(files, inputs)
    : { generated: {}, arguments: files.flatMap((file) => ['--requirements', file]) };
  return ok({ generated: wanted.generated, arguments: [...index, ...wanted.arguments], inputs, local });
}

/** One file in the place of all, without what cannot be installed on any server. What files constrain stays where it is. */
function withoutUnusable(
  files: readonly string[],
  texts: Readonly<Record<string, string>>,
): Pick<InstallPlan, 'generated' | 'arguments'> {
  const constraints: string[] = [];
  const seen = new Set<string>();
  const linesOf = (file: string): readonly string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    return (texts[file] ?? '').split('\n').flatMap((line): readonly string[] => {
      const beside = (path: string): string => posix.normalize(posix.join(posix.dirname(file), path));
      const included = includedFile(line);
      if (included !== undefined) return linesOf(beside(included));
      const constraint = /^\s*(?:-c|--constraint)(?:\s+|=)?\s*([^\s#]+)/.exec(line)?.[1];
      if (constraint !== undefined) constraints.push(constraint.includes('://') ? constraint : beside(constraint));
      return constraint !== undefined || unusableRequirement(line) ? [] : [line];
    });
  };
  return {
    generated: { 'requirements.txt': files.flatMap(linesOf).join('\n') },
    arguments: ['--requirements', '@requirements.txt', ...constraints.flatMap((file) => ['--constraint', file])],
  };
}

/** Whether a requirement line points into the file system. */
export function isLocal(line: string): boolean {
  return /^\s*(?:-e\s*|--editable[\s=]+)?(?:\.{1,2}(?:\/|\s|$|\[)|\/|file:)/.test(line) || /@\s*file:/.test(line);
}
