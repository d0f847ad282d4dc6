import { posix } from 'node:path';

import { overlayContent, standardDatabaseWaitSeconds } from '../../django/read/install.ts';
import { constraintsFile, dockerfile, folders } from './dockerfile.ts';
import type { ComposeInput, ExportedFile } from './input.ts';
import { edgeFilesOf } from './edge.ts';
import { paths } from './place.ts';
import { readme } from './readme.ts';
import { composeFile, membersOf } from './services.ts';
import { writeYaml } from './yaml.ts';

/**
 * The files of an exported folder, but for the project's code (`code/`) and the secrets (`secrets/`). Pure: equal input, equal
 * files. Paths are relative to the folder.
 */
export function renderCompose(input: ComposeInput): readonly ExportedFile[] {
  const { install } = input;
  const inFolder = (folder: string, files: Readonly<Record<string, string>>): readonly ExportedFile[] =>
    Object.entries(files).map(([name, content]) => ({ path: `${folder}/${name}`, content }));
  return [
    { path: 'README.md', content: readme(input) },
    { path: 'compose.yaml', content: `${heading}${writeYaml(composeFile(input))}` },
    { path: 'Dockerfile', content: dockerfile(input) },
    { path: '.dockerignore', content: '/secrets\n/acme\n**/.git\n' },
    { path: '.gitignore', content: '/secrets/\n/acme/\n' },
    { path: 'overlay.json', content: containerOverlay(input) },
    ...inFolder(folders.install, { ...install.generated, [constraintsFile]: constraints(input) }),
    ...inFolder(folders.python, input.python),
    ...edgeFilesOf(input).map(({ path, content }) => ({
      path: posix.join(folders.edge, posix.relative(paths.edge, path)),
      content,
    })),
    ...membersOf(input).images.flatMap(({ files }) => files.map(({ name, content }) => ({ path: name, content }))),
  ].toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

const heading = `# Made by \`roadie export compose\`; README.md says how to use it. It is written anew by the next export: what you want
# otherwise belongs into compose.override.yaml beside it.
`;

/** As on a machine, and with the word that its values refer to secrets. */
function containerOverlay({ blueprint, release, overrides, celeryUrl }: ComposeInput): string {
  const overlay: unknown = JSON.parse(
    overlayContent(release.probe.settingsModule, overrides, {
      databaseWaitSeconds: blueprint.databaseWaitSeconds ?? standardDatabaseWaitSeconds,
      celeryUrl,
    }),
  );
  return `${JSON.stringify({ ...(overlay as object), secrets: true }, undefined, 2)}\n`;
}

/** The versions that the live release has, of everything that has a plain one. */
function constraints({ release, blueprint }: ComposeInput): string {
  const elsewhere = new Set(
    blueprint.facts.requirements.filter(({ specifier }) => /@|:\/\//.test(specifier)).map(({ name }) => name),
  );
  return Object.entries(release.probe.distributions)
    .filter(([name, version]) => !elsewhere.has(name) && /^[0-9][A-Za-z0-9.!]*$/.test(version))
    .map(([name, version]) => `${name}==${version}\n`)
    .toSorted()
    .join('');
}
