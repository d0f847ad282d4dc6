import type { Evidence } from '../facts.ts';
import { fileInImage, findDockerfile, forDevelopers } from './dockerfile.ts';
import { baseName } from './paths.ts';
import { plainCommand } from './procfile.ts';
import type { ProjectScan } from './scan.ts';
import { shellCommands } from './shell-script.ts';

/** What the project's image installs of the project. */
export type InstallWords = {
  /** Requirements files, relative to the project's folder. */
  readonly files: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  /** `--all-extras` */
  readonly allExtras: boolean;
  readonly because: Evidence;
};

const developers = /^(?:dev|devel|development|develop|tests?|testing|docs?|lint|local|ci|debug|typing)$/i;

/** What the Dockerfile says to pip, uv, Poetry and PDM; undefined where it says nothing of that. What depends on a condition does not count. */
export function findInstallWords(scan: Pick<ProjectScan, 'texts'>): InstallWords | undefined {
  const dockerfile = findDockerfile(scan);
  const found = { files: [] as string[], extras: [] as string[], groups: [] as string[], allExtras: false };
  const lines: number[] = [];
  for (const { rest, line } of dockerfile?.instructions.filter(({ word }) => word === 'RUN') ?? []) {
    for (const { text, conditional } of shellCommands(rest.replaceAll(/--(?:mount|network|security)=\S+\s*/g, ''))) {
      const plain = plainCommand(text);
      const words = plain.length > 0 ? plain : text.split(/\s+/).map((word) => word.replaceAll(/["']/g, ''));
      const said = conditional ? undefined : read(words);
      if (!said) continue;
      const files = said.files.flatMap((file) => fileInImage(file, dockerfile, Object.keys(scan.texts)) ?? []);
      found.files.push(...files.filter((file) => !forDevelopers(baseName(file))));
      found.extras.push(...said.extras.filter((name) => !developers.test(name)));
      found.groups.push(...said.groups.filter((name) => !developers.test(name)));
      found.allExtras ||= said.allExtras;
      lines.push(line);
    }
  }
  const { files, extras, groups, allExtras } = found;
  const [line] = lines;
  if (!dockerfile || line === undefined || (files.length + extras.length + groups.length === 0 && !allExtras))
    return undefined;
  return {
    files: [...new Set(files)],
    extras: [...new Set(extras)],
    groups: [...new Set(groups)],
    allExtras,
    because: { says: `${dockerfile.file}:${line}`, where: { file: dockerfile.file, line } },
  };
}

type Said = Omit<InstallWords, 'because'>;

/** What one command installs; undefined where it installs nothing of the project. */
function read(words: readonly string[]): Said | undefined {
  const names = words.map(baseName);
  const at = names.findIndex((name) => /^(?:pip3?(?:\.\d+)?|uv|poetry|pdm)$/.test(name));
  const tool = names[at];
  if (tool === undefined || at > 2) return undefined;
  const rest = words.slice(at + 1);
  const verb = tool === 'uv' && rest[0] === 'pip' ? rest[1] : rest[0];
  const wanted = tool === 'uv' && rest[0] !== 'pip' ? /^(?:sync|export)$/ : /^(?:install|wheel|sync|export)$/;
  if (verb === undefined || !wanted.test(verb)) return undefined;
  const values = (...options: readonly string[]): readonly string[] => valuesOf(rest, options);
  const split = (values_: readonly string[]): readonly string[] =>
    values_.flatMap((value) => value.split(/[,\s]+/).filter((name) => /^[\w.-]+$/.test(name)));
  const pip = tool.startsWith('pip') || rest[0] === 'pip';
  return {
    files: pip ? values('-r', '--requirement', '--requirements') : [],
    extras: pip
      ? split([...rest.flatMap((word) => /^[./~][^[]*\[([^\]]+)\]$/.exec(word)?.[1] ?? []), ...values('--extra')])
      : split(tool === 'uv' ? values('--extra') : tool === 'poetry' ? values('-E', '--extras') : []),
    groups: split(
      tool === 'poetry'
        ? values('--with', '--only').filter((value) => value !== 'main')
        : tool === 'pdm'
          ? values('-G', '--group', '--with')
          : values('--group', '--only-group'),
    ),
    allExtras: rest.includes('--all-extras'),
  };
}

/** What follows options: `-r x`, `-rx`, `--extra=x`. */
function valuesOf(words: readonly string[], options: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    const next = words[index + 1];
    if (options.includes(word)) return next === undefined ? [] : [next];
    const option = options.find((one) => (one.startsWith('--') ? word.startsWith(`${one}=`) : word.startsWith(one)));
    if (option === undefined || (word.startsWith('--') && !option.startsWith('--'))) return [];
    return [word.slice(option.startsWith('--') ? option.length + 1 : option.length)];
  });
}
