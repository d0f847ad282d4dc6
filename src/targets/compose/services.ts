import { posix } from 'node:path';

import { type ContainerSpec, type Health, secretsIn } from '../../components/container.ts';
import { commonPaths } from '../../components/edge/place.ts';
import { findComponent } from '../../components/index.ts';
import { siteDomainProgram } from '../../build/steps/site-domain.ts';
import type { ReleaseCommand } from '../../django/facts.ts';
import { preparesStatic } from '../../django/read/static-commands.ts';
import { managementWords } from '../../django/read/start-commands.ts';
import { overlayContent } from '../../django/read/install.ts';
import type { ServiceSpec } from '../../services/service.ts';
import { certificateSecret, edgeOf, keySecret } from './edge.ts';
import type { ComposeInput } from './input.ts';
import { paths, projectGroup, projectUser } from './place.ts';
import { Alias, Anchored, type Yaml } from './yaml.ts';

/** The services of a site that come from images which others make, and those of the project's own. */
export type Members = { readonly images: readonly ContainerSpec[]; readonly project: readonly ServiceSpec[] };

/** What a site's components run. */
export function membersOf({ blueprint, place, release }: ComposeInput): Members {
  const used = blueprint.components.flatMap(({ name, options }) => {
    const component = findComponent(name);
    return component?.container ? [{ component, facet: component.container, options }] : [];
  });
  return {
    images: used.flatMap(({ facet, options }) => facet.services?.(options, place) ?? []),
    project: used.flatMap(
      ({ component, facet, options }) =>
        facet.releaseServices?.(options, place, release) ?? component.releaseServices(options, place, release),
    ),
  };
}

/** Every secret that the project's containers need: those that their environment and the overlay refer to. */
export function projectSecrets({ release, overrides, celeryUrl }: ComposeInput): readonly string[] {
  const texts = [...Object.values(release.environment), overlayContent('', overrides, { celeryUrl })];
  return [...new Set(texts.flatMap(secretsIn))].toSorted();
}

/** All secrets of the folder, the certificate's included. */
export function allSecrets(input: ComposeInput): readonly string[] {
  const images = membersOf(input).images.flatMap(({ secrets }) => secrets);
  const own = input.own.map(({ secret }) => secret);
  return [...new Set([...projectSecrets(input), ...own, ...images, certificateSecret, keySecret])].toSorted();
}

/** compose.yaml as a value. Text is as Compose takes it: a `$` is doubled. */
export function composeFile(input: ComposeInput): { readonly [key: string]: Yaml | undefined } {
  const { images, project } = membersOf(input);
  const { place } = input;
  const oneShots = oneShotServices(input);
  const last = Object.keys(oneShots).at(-1);
  const needs = Object.fromEntries(images.map(({ name }) => [name, { condition: 'service_healthy' }]));
  const ready = last === undefined ? needs : { ...needs, [last]: { condition: 'service_completed_successfully' } };
  const isData = images.length > 0;
  const [volumes, secrets] = [images.flatMap((each) => each.volumes.map(({ name }) => name)), allSecrets(input)];
  return {
    name: place.site,
    'x-logging': new Anchored('logging', { driver: 'local', options: { 'max-size': '10m', 'max-file': '5' } }),
    'x-environment': new Anchored('environment', escaped(commonEnvironment(input, project))),
    'x-project': new Anchored('project', projectBase(input)),
    services: {
      ...Object.fromEntries(images.map((each) => [each.name, imageService(each)])),
      ...Object.fromEntries(
        Object.entries(oneShots).map(([name, command], index, all) => {
          const before = all[index - 1]?.[0];
          return [
            name,
            {
              '<<': new Alias('project'),
              command: list(command),
              restart: 'no',
              networks: networks(isData),
              depends_on: {
                ...needs,
                ...(before !== undefined && { [before]: { condition: 'service_completed_successfully' } }),
              },
            },
          ];
        }),
      ),
      ...Object.fromEntries(project.map((spec) => [spec.name, projectService(spec, input, ready, isData)])),
      edge: edgeService(input),
    },
    networks: {
      // What visitors reach, and what the project reaches the world by: edge and web server meet at a socket alone. The databases
      // are in neither.
      front: {},
      outside: {},
      ...(isData ? { data: { internal: true } } : {}),
    },
    volumes: Object.fromEntries(['site-data', 'site-media', 'site-run', ...volumes].map((name) => [name, {}])),
    secrets: Object.fromEntries(secrets.map((name) => [name, { file: `./secrets/${name}` }])),
  };
}

/** Run once before what serves: migrations, then what needs the tables, then what the project wants after them. In order, by name. */
function oneShotServices({ blueprint, place, release }: ComposeInput): Readonly<Record<string, readonly string[]>> {
  const { caches, installedApps } = release.probe;
  const keepsCache = Object.values(caches).some(({ backend }) => backend.endsWith('db.DatabaseCache'));
  const namesDomain = installedApps.includes('django.contrib.sites') && blueprint.keepSiteDomain !== true;
  // Those that make static files run while the image is built.
  const commands = blueprint.facts.releaseCommands
    .filter(({ value }) => !preparesStatic(value.words))
    .map(({ value }, index) => [`release-${index + 1}`, releaseWords(value)] as const);
  return {
    migrate: ['python', 'manage.py', 'migrate', '--noinput'],
    ...(keepsCache && { 'cache-table': ['python', 'manage.py', 'createcachetable'] }),
    ...(namesDomain && { 'site-domain': ['python', '-c', siteDomainProgram, place.domains[0]] }),
    ...Object.fromEntries(commands),
  };
}

/** A release command as a release runs it (`build/steps/release-commands.ts`). */
function releaseWords({ words, tolerated }: ReleaseCommand): readonly string[] {
  const [name, ...rest] = managementWords(words) ?? [];
  const command =
    name === undefined
      ? words
      : name === 'loaddata'
        ? ['python', '-m', 'roadie_fixtures', `--state=${paths.fixtures}`, ...rest]
        : ['python', 'manage.py', name, ...rest];
  return tolerated === true ? ['sh', '-c', '"$@" || echo "passed over: $*" >&2', 'sh', ...command] : command;
}

/** What of the site outlives its containers. */
const projectVolumes = [`site-data:${paths.data}`, `site-media:${paths.media}`];

/** What all of the project's containers have in common. */
function projectBase(input: ComposeInput): Yaml {
  const own = input.own.map(({ path, secret }) => ({ source: secret, target: posix.join(paths.code, path) }));
  const secrets = [...projectSecrets(input), ...own];
  return {
    image: `${input.place.site}:${input.release.id.toLowerCase()}`,
    build: { context: '.', target: 'project', ...secretsOfBuild(input) },
    user: projectUser,
    init: true,
    ...locked(['/tmp']),
    environment: new Alias('environment'),
    ...(secrets.length > 0 && { secrets }),
    volumes: projectVolumes,
    restart: 'unless-stopped',
    logging: new Alias('logging'),
  };
}

/** The environment that all of the project's programs have. */
function commonEnvironment(input: ComposeInput, project: readonly ServiceSpec[]): Readonly<Record<string, string>> {
  const [first] = project;
  const all = first?.environment ?? input.release.environment;
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => project.every((each) => each.environment[name] === value)),
  );
}

function projectService(
  spec: ServiceSpec,
  input: ComposeInput,
  ready: Readonly<Record<string, { readonly condition: string }>>,
  isData: boolean,
): Yaml {
  const [socket] = spec.sockets;
  const common = commonEnvironment(input, membersOf(input).project);
  const own = Object.entries(spec.environment).filter(([name]) => !(name in common));
  const { probe } = spec.readiness;
  return {
    '<<': new Alias('project'),
    command: list([...(socket ? handedOver(socket, spec.passing) : []), '--', ...spec.command]),
    ...(own.length > 0 && { environment: { '<<': new Alias('environment'), ...escaped(Object.fromEntries(own)) } }),
    networks: networks(isData),
    ...(socket && { volumes: [...projectVolumes, `site-run:${paths.run}`] }),
    depends_on: ready,
    ...(probe.kind === 'http' && {
      healthcheck: healthcheck({
        command: [paths.python, '-m', 'roadie_container', `--probe=${probe.socket}`, probe.host, probe.path],
        intervalSeconds: 10,
        timeoutSeconds: 10,
        retries: 3,
        startSeconds: spec.readiness.timeoutSeconds,
      }),
    }),
    ...(spec.memoryLimitBytes !== undefined && { mem_limit: spec.memoryLimitBytes }),
    ...(spec.cpus !== undefined && { cpus: spec.cpus }),
    stop_signal: spec.stop.signal,
    stop_grace_period: `${Math.ceil(spec.stop.timeoutSeconds)}s`,
  };
}

/** How the entry is told to open the socket that the program inherits. */
function handedOver(socket: ServiceSpec['sockets'][number], passing: ServiceSpec['passing']): readonly string[] {
  if (socket.kind !== 'unix') throw new Error('a program of the project listens on a unix socket');
  return [`--listen=${socket.path}`, ...(passing === 'descriptors' ? ['--descriptor'] : [])];
}

function imageService(spec: ContainerSpec): Yaml {
  return {
    image: spec.image,
    user: spec.user,
    ...(spec.command && { command: list(spec.command) }),
    ...locked(spec.temporary),
    ...(Object.keys(spec.environment).length > 0 && { environment: escaped(spec.environment) }),
    ...(spec.secrets.length > 0 && { secrets: spec.secrets }),
    volumes: [
      ...spec.volumes.map(({ name, path }) => `${name}:${path}`),
      ...spec.files.map(({ name, path }) => `./${name}:${path}:ro`),
    ],
    networks: ['data'],
    healthcheck: healthcheck(spec.health),
    restart: 'unless-stopped',
    stop_signal: spec.stop.signal,
    stop_grace_period: `${spec.stop.timeoutSeconds}s`,
    logging: new Alias('logging'),
  };
}

function edgeService(input: ComposeInput): Yaml {
  const edge = edgeOf(input);
  const { user, temporary, health, stop } = edge.container.runs(edge.place);
  const [uid, gid] = user.split(':');
  return {
    image: `${input.place.site}-edge:${input.release.id.toLowerCase()}`,
    build: { context: '.', target: 'edge', ...secretsOfBuild(input) },
    user,
    // In the group of the web server's socket.
    group_add: [projectGroup],
    ...locked(temporary.map((path) => `${path}:uid=${uid},gid=${gid},mode=0700`)),
    // Ports below 1024 without being root; Docker's default, and not everybody's.
    sysctls: { 'net.ipv4.ip_unprivileged_port_start': 0 },
    ports: ['${HTTP_PORT:-80}:80', '${HTTPS_PORT:-443}:443'],
    secrets: [certificateSecret, keySecret],
    volumes: [`site-media:${paths.media}:ro`, `site-run:${paths.run}:ro`, `./acme:${commonPaths(edge.place).acme}:ro`],
    networks: ['front'],
    depends_on: { web: { condition: 'service_healthy' } },
    healthcheck: healthcheck(health),
    restart: 'unless-stopped',
    stop_signal: stop.signal,
    stop_grace_period: `${stop.timeoutSeconds}s`,
    logging: new Alias('logging'),
  };
}

/** Its image has the static files, which the project's code collects. */
function secretsOfBuild(input: ComposeInput): { readonly secrets?: readonly string[] } {
  const secrets = [...projectSecrets(input), ...input.own.map(({ secret }) => secret)];
  return secrets.length > 0 ? { secrets } : {};
}

/** What nobody in a container needs is taken away: writing outside of volumes and memory, capabilities, more rights by setuid. */
function locked(temporary: readonly string[]): { readonly [key: string]: Yaml } {
  return { read_only: true, tmpfs: temporary, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] };
}

/** Those of the project's programs. */
function networks(isData: boolean): readonly string[] {
  return isData ? ['outside', 'data'] : ['outside'];
}

function healthcheck(health: Health): Yaml {
  return {
    test: ['CMD', ...list(health.command)],
    interval: `${health.intervalSeconds}s`,
    timeout: `${health.timeoutSeconds}s`,
    retries: health.retries,
    start_period: `${health.startSeconds}s`,
  };
}

/** Compose takes `$NAME` for a variable of its own. */
function dollars(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function list(words: readonly string[]): readonly string[] {
  return words.map(dollars);
}

function escaped(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, dollars(value)]));
}

/** Folders in the data volume that the site's components want, below it and with parents first. */
export function dataFolders(input: ComposeInput): readonly string[] {
  const wanted = input.blueprint.components.flatMap(({ name, options }) => {
    const component = findComponent(name);
    // A server of its own has its own volume.
    if (!component || component.runsAs === 'own') return [];
    return component.folders(options, input.place).filter(({ owner }) => owner === 'site');
  });
  const named = Object.values(input.release.environment).filter((value) => value.startsWith(`${paths.files}/`));
  const below = [...wanted.map(({ path }) => path), ...named].filter((path) => path.startsWith(`${paths.data}/`));
  return [...new Set([paths.data, paths.media, ...below].map((path) => posix.normalize(path)))];
}
