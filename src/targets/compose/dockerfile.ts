import { posix } from 'node:path';

import { compressedEndings } from '../../components/edge/mime-types.ts';
import { nothingCompressed } from '../../build/static-words.ts';
import { usesModulesLater } from '../../django/frontend/modules-later.ts';
import { preparesStatic } from '../../django/read/static-commands.ts';
import { managementWords } from '../../django/read/start-commands.ts';
import { usualNode } from '../../django/frontend/node-version.ts';
import { nodeRanges } from '../../machine/packages/registry-package.ts';
import { shellWord as plainWord } from '../../problems/shell-word.ts';
import { edgeOf } from './edge.ts';
import type { ComposeInput } from './input.ts';
import { paths, projectUser } from './place.ts';
import { dataFolders, projectSecrets } from './services.ts';

/** Folders of the exported one that the images are built from. */
export const folders = { code: 'code', python: 'python', install: 'install', edge: 'edge' } as const;

/** What the release's own files for the installer are called. */
export const constraintsFile = 'constraints.txt';

/**
 * The Dockerfile: `build` has compilers and makes the virtualenv and the static files; `project` has what runs; `edge` has
 * the site's rules and static files. No secret is in any of them.
 */
export function dockerfile(input: ComposeInput): string {
  const edge = edgeOf(input);
  const { image, user, command } = edge.container.runs(edge.place);
  const [uid, gid] = projectUser.split(':');
  return `# Made by \`roadie export compose\`. It is written anew by the next export.
FROM ${pythonImage(input)} AS python
ENV LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

FROM python AS build
${systemPackages(input)}RUN python -m venv ${paths.virtualenv}
WORKDIR ${paths.code}
${requirements(input)}${additions(input)}COPY ${folders.python}/ /tmp/python/
RUN cp /tmp/python/* "$(${paths.python} -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/" \\
 && ${paths.python} -m compileall -q -j 0 ${paths.virtualenv}/lib
COPY ${folders.code}/ ${paths.code}/
COPY overlay.json /srv/overlay.json
${staticFiles(input)}
# Readable to the site's user and never its own, whatever the modes in the folder are.
FROM python AS code
COPY --chown=0:${gid} ${folders.code}/ ${paths.code}/
RUN chmod -R u=rwX,g=rX,o= ${paths.code}

FROM python AS project
${runtimePackages(input)}RUN groupadd --gid ${gid} site \\
 && useradd --uid ${uid} --gid site --no-create-home --home-dir /tmp --shell /usr/sbin/nologin site \\
 && install --directory --owner=site --group=site ${dataFolders(input).join(' ')} \\
 && install --directory --owner=site --group=site --mode=2750 ${paths.run}
COPY --from=build ${paths.virtualenv} ${paths.virtualenv}
COPY --from=build ${paths.static} ${paths.static}
COPY overlay.json /srv/overlay.json
COPY --from=code ${paths.code} ${paths.code}
${keptLinks(input)}ENV PATH=${paths.bin}:/usr/local/bin:/usr/bin:/bin
WORKDIR ${input.release.root}
USER ${projectUser}
# Fills in secrets, opens the web server's socket, and becomes the program.
ENTRYPOINT ["${paths.python}", "-m", "roadie_container"]

FROM ${image} AS edge
COPY ${folders.edge}/ ${paths.edge}/
COPY --from=build ${paths.static} ${paths.static}
USER ${user}
ENTRYPOINT []
CMD ${JSON.stringify(command)}
`;
}

/**
 * What the project writes in its code leads to its data, since the code is read-only. What the code has there is the first content:
 * Docker copies it into the volume when that is new.
 */
function keptLinks({ kept }: ComposeInput): string {
  if (kept.length === 0) return '';
  const steps = kept.flatMap(({ path, kind, target }) => {
    const [inCode, inData] = [shellWord(posix.join(paths.code, path)), shellWord(target)];
    const parents = [posix.dirname(posix.join(paths.code, path)), posix.dirname(target)].map(shellWord).join(' ');
    return [
      `mkdir -p ${parents}`,
      `if [ -e ${inCode} ]; then mv ${inCode} ${inData}; ${kind === 'folder' ? `else mkdir -p ${inData}; ` : ''}fi`,
      `ln -s ${inData} ${inCode}`,
    ];
  });
  return `RUN ${[...steps, `chown -R site:site ${paths.data}`].join(' \\\n && ')}\n`;
}

/** The interpreter's image, of the minor version that the live release runs on. */
export function pythonImage({ release }: ComposeInput): string {
  const [major = '3', minor = '13'] = release.probe.pythonVersion.split('.');
  return `python:${major}.${minor}-slim-bookworm`;
}

const aptInstall = 'apt-get update && apt-get install --yes --no-install-recommends';
const aptClean = 'rm -rf /var/lib/apt/lists/*';

/** Debian packages that building needs, or that an Aptfile names. */
function systemPackages({ blueprint }: ComposeInput): string {
  const names = packagesOf(blueprint.facts.systemPackages.map(({ value }) => value));
  if (names.length === 0) return '';
  return `RUN ${aptInstall} build-essential ${names.join(' ')} && ${aptClean}\n`;
}

/** Of those, what runs needs: programs, and the libraries that what was built is linked with. */
function runtimePackages({ blueprint }: ComposeInput): string {
  const all = packagesOf(blueprint.facts.systemPackages.map(({ value }) => value));
  if (all.length === 0) return '';
  const names = all.filter((name) => !/-dev$|^build-essential$|^(?:gcc|g\+\+|make|pkg-config|pkgconf)$/.test(name));
  return `COPY --from=build /srv/libraries.txt /tmp/libraries.txt
RUN ${aptInstall} ${[...names, '$(cat /tmp/libraries.txt)'].join(' ')} && ${aptClean}
`;
}

/** Names as Debian allows them; nothing else comes near a shell. */
function packagesOf(names: readonly string[]): readonly string[] {
  return names.filter((name) => /^[a-z0-9][a-z0-9+.-]+$/.test(name));
}

const pip = `RUN --mount=type=cache,target=/root/.cache/pip ${paths.bin}/pip install --no-input`;

function requirements({ install, blueprint }: ComposeInput): string {
  const { arguments: words, inputs, generated, local } = install;
  const usesGenerated = Object.keys(generated).length > 0;
  // Only what the installer reads, so that a change of the code does not install everything anew.
  const read = local
    ? [`COPY ${folders.code}/ ${paths.code}/`]
    : Object.keys(inputs).map((path) => copyJson(`${folders.code}/${path}`, posix.join(paths.code, path)));
  const lines = [
    `COPY ${folders.install}/ /tmp/install/`,
    ...(usesGenerated && !local ? [] : read),
    ...(words.length === 0 ? [] : [`${pip} ${pinned(inputs)}${words.map(pipWord).join(' ')}`]),
    ...(packagesOf(blueprint.facts.systemPackages.map(({ value }) => value)).length === 0 ? [] : [libraries]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The Debian packages with the libraries that compiled extensions are linked with. */
const libraries = `RUN find ${paths.virtualenv} -name '*.so*' -exec ldd {} + | awk '$3 ~ /^\\/(usr\\/)?lib/ { print $3 }' | sort -u \\
  | sed 's#.*/#*/#' | xargs --no-run-if-empty dpkg-query --search 2>/dev/null | cut -d: -f1 | sort -u > /srv/libraries.txt`;

/** The live release's versions of everything; requirements with hashes say their versions themselves. */
function pinned(inputs: Readonly<Record<string, string>>): string {
  return Object.values(inputs).some((text) => text.includes('--hash='))
    ? ''
    : `--constraint /tmp/install/${constraintsFile} `;
}

function pipWord(word: string): string {
  if (word === '--requirements') return '--requirement';
  return shellWord(word.startsWith('@') ? `/tmp/install/${word.slice(1)}` : word);
}

/** A step of its own: with hashes in the project's requirements pip refuses whatever has none. */
function additions({ blueprint }: ComposeInput): string {
  const names = blueprint.pythonAdditions.map(({ requirement }) => shellWord(requirement));
  return names.length === 0 ? '' : `${pip} --constraint /tmp/install/${constraintsFile} ${names.join(' ')}\n`;
}

/** Collected and compressed beforehand, so that the edge only sends. */
function staticFiles(input: ComposeInput): string {
  const { probe, root } = input.release;
  if (!probe.installedApps.includes('django.contrib.staticfiles')) return `RUN mkdir -p ${paths.static}\n`;
  const files = input.own.map(
    ({ path, secret }) => `--mount=type=secret,id=${secret},target=${posix.join(paths.code, path)},mode=0444 `,
  );
  const mounts = [...projectSecrets(input).map((name) => `--mount=type=secret,id=${name} `), ...files].join('');
  const programs = nodeOf(input)?.programs ?? [];
  const path = programs.length > 0 ? ` PATH=${[...programs.map(shellWord), '"$PATH"'].join(':')}` : '';
  const environment = Object.entries({ ...input.release.environment, ROADIE_BUILDING: '1' })
    .map(([name, value]) => `${name}=${shellWord(value)}`)
    .join(' ');
  const python = `env ${environment}${path} ${paths.python} -m roadie_container -- ${paths.python}`;
  const manage = `${python} manage.py`;
  // What django-sass-processor's pages name is made by its command alone.
  const sass =
    probe.installedApps.includes('sass_processor') && probe.commands.includes('compilescss')
      ? `${python} -m compile_scss \\\n && `
      : '';
  const own = input.blueprint.facts.releaseCommands
    .filter(({ value }) => preparesStatic(value.words))
    .map(({ value }) => {
      const command = `${manage} ${(managementWords(value.words) ?? []).map(shellWord).join(' ')}`;
      return `${value.tolerated === true ? `{ ${command} || true; }` : command} \\\n && `;
    })
    .join('');
  const compress =
    probe.installedApps.includes('compressor') && probe.commands.includes('compress')
      ? ` \\\n && { ${manage} compress 2>/tmp/compress.log || grep -Eq '${nothingCompressed.source}' /tmp/compress.log; }`
      : '';
  const endings = compressedEndings.map((ending) => ending.replaceAll(/[^a-z0-9]/g, '')).join('\\|');
  return `${nodeOf(input)?.copied ?? ''}WORKDIR ${root}
RUN ${mounts}mkdir -p ${paths.static} ${paths.media} \\
 && ${own}${sass}${manage} collectstatic --noinput${compress} \\
 && find ${paths.static} -type f -size +1k -regex '.*\\.\\(${endings}\\)' -exec gzip --keep --best --no-name --force {} + \\
 && chmod -R a+rX ${paths.static}
`;
}

/**
 * Node for applications that run programs of `node_modules` while static files are made; what a front end is built to is in the code.
 * Undefined where no such application is installed.
 */
function nodeOf({
  blueprint,
  release,
}: ComposeInput): { readonly programs: readonly string[]; readonly copied: string } | undefined {
  const frontEnds = blueprint.facts.frontEnds ?? [];
  const [first] = frontEnds;
  if (!first || !usesModulesLater(release.probe.installedApps)) return undefined;
  const image = `node:${nodeMajor(first.value.node.value)}-bookworm-slim`;
  return {
    programs: frontEnds.map(({ value }) => posix.join(paths.code, value.folder, 'node_modules/.bin')),
    copied: `COPY --from=${image} /usr/local/bin/node /usr/local/bin/node
COPY --from=${image} /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js /usr/local/bin/$name; done
`,
  };
}

/** The series of Node for a range of versions, as a release takes it. */
function nodeMajor(range: string): string {
  const series = nodeRanges(range, usualNode).find((one) => /^\d+$/.test(one));
  return series ?? /\d+/.exec(range)?.[0] ?? usualNode;
}

/** One word for the shell, whatever is in it. A Dockerfile's line ends with the line: one within a value is written as printf has it. */
function shellWord(word: string): string {
  if (/^[A-Za-z0-9_./:=,@%+-]+$/.test(word)) return word;
  if (!/[\r\n]/.test(word)) return plainWord(word);
  const written = word.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `"$(printf ${plainWord(written)})"`;
}

/** Copies a file whatever is in its name. */
function copyJson(from: string, to: string): string {
  return `COPY ${JSON.stringify([from, to])}`;
}
