import { below, folderOf } from '../django/read/paths.ts';
import { constraintFile, includedFile, requirementLines } from '../django/read/requirements-file.ts';
import { hasOptions, withoutOptions } from '../django/read/requirement-options.ts';
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
      const named = includedFile(line) ?? constraintFile(line);
      if (named !== undefined && !named.includes('://')) await visit(below(folderOf(path), named));
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
  const rewritten = Object.values(inputs).some((text) =>
    text.split('\n').some((line) => unusableRequirement(line) !== undefined || hasOptions(line)),
  );
  const wanted = rewritten
    ? inOneFile(files, inputs, installer)
    : { generated: {}, arguments: files.flatMap((file) => ['--requirements', file]) };
  return ok({ generated: wanted.generated, arguments: [...index, ...wanted.arguments], inputs, local });
}

/**
 * One file in the place of all, without what cannot be installed on any server, and with the options of single requirements where
 * installers take them. What files constrain stays where it is.
 */
function inOneFile(
  files: readonly string[],
  texts: Readonly<Record<string, string>>,
  installer: 'uv' | 'pip',
): Pick<InstallPlan, 'generated' | 'arguments'> {
  const lines = requirementLines(files, texts);
  const constraints = lines.flatMap(({ text, file }) => {
    const named = constraintFile(text);
    return named === undefined ? [] : [named.includes('://') ? named : below(folderOf(file), named)];
  });
  const usable = lines.filter(({ text }) => constraintFile(text) === undefined && !unusableRequirement(text));
  const told = withoutOptions(usable.map(({ text }) => text));
  return {
    generated: { 'requirements.txt': told.lines.join('\n') },
    arguments: [
      '--requirements',
      '@requirements.txt',
      ...constraints.flatMap((file) => ['--constraint', file]),
      // pip has them for all packages alone.
      ...told.settings.flatMap((one) =>
        installer === 'uv'
          ? ['--config-settings-package', one]
          : ['--config-settings', one.slice(one.indexOf(':') + 1)],
      ),
    ],
  };
}

/** Whether a requirement line points into the file system. */
export function isLocal(line: string): boolean {
  return /^\s*(?:-e\s*|--editable[\s=]+)?(?:\.{1,2}(?:\/|\s|$|\[)|\/|file:)/.test(line) || /@\s*file:/.test(line);
}
