import { dirname } from 'node:path';

import { describeFile } from '../machine/files/files.ts';
import { typed } from '../problems/shell-word.ts';
import { missingProblem } from '../machine/packages/packages.ts';
import { portHolder } from '../machine/network/socket-tables.ts';
import { portTaken } from '../machine/network/sockets.ts';
import type { Change } from '../targets/machine/resource.ts';
import { valueFor } from '../django/environment/values.ts';
import { missingVariables } from '../django/probe/probe.ts';
import { unprivilegedPorts } from '../machine/system.ts';
import { type Problem, ProblemError } from '../problems/problem.ts';
import type { JobContext } from './context.ts';
import type { EnvironmentName } from '../django/facts.ts';
import type { SiteDesign } from './site-design.ts';

/** Without root packages cannot be installed: better said at once than after the first steps. */
export function requirePackagesPossible(changes: readonly Change[], root: boolean): void {
  const missing = changes
    .filter((change) => change.kind === 'package')
    .map((change) => change.id.slice('package:'.length));
  if (missing.length > 0 && !root) throw new ProblemError(missingProblem(missing));
}

/** Without root the first ports (below 1024, unless the kernel says otherwise) cannot be listened on. */
export async function requirePortsAllowed({ record }: SiteDesign, root: boolean): Promise<void> {
  if (root) return;
  const first = await unprivilegedPorts();
  const problems = [record.ports.http, record.ports.https]
    .filter((port) => port < first)
    .map((port) => rootPort(port, first));
  const [problem, ...rest] = problems;
  if (problem) throw new ProblemError(problem, ...rest);
}

/**
 * Variables that the settings demand and that only the owner knows, where their source leaves no doubt. What can be known only by
 * asking Django is found later, in the release.
 */
export function requireVariables({ blueprint, build, record }: SiteDesign): void {
  const unknown = build.project.demanded.filter(
    (name) =>
      (name.purpose === 'other' || name.purpose === 'email') &&
      !(name.name in blueprint.ownerEnvironment) &&
      valueFor(name, {
        facts: blueprint.facts,
        connections: [],
        owner: blueprint.ownerEnvironment,
        secrets: record.secrets,
        domains: record.domains,
        ports: record.ports,
        staticRoot: '',
        mediaRoot: '',
        filesFolder: '',
      }) === undefined,
  );
  if (unknown.length === 0) return;
  const problem = missingVariables(
    unknown.map(({ name }) => name),
    blueprint.site,
    unknown,
  );
  const perhaps = blueprint.facts.environment.filter(
    (name) =>
      name.purpose === 'other' &&
      name.fallback === undefined &&
      !unknown.includes(name) &&
      !(name.name in blueprint.ownerEnvironment),
  );
  const listed = (says: string, names: readonly EnvironmentName[]): readonly string[] =>
    names.length === 0 ? [] : [`${says}: ${names.map(({ name }) => name).join(', ')}`];
  const more = [
    ...listed(
      'They seem to need these as well',
      perhaps.filter(({ required }) => required),
    ),
    ...listed(
      'They also read these, and may do without',
      perhaps.filter(({ required }) => !required),
    ),
  ];
  const detail = [...(problem.detail === undefined ? [] : [problem.detail]), ...more].join('\n');
  throw new ProblemError({ ...problem, ...(detail !== '' && { detail }) });
}

/**
 * Each site has system users, who have to come to its folders: all on the way to these (`places`, absolute paths) must be open to be
 * entered. Folders that are not there yet are made so.
 */
export async function requireReachable(places: readonly string[], root: boolean): Promise<void> {
  if (!root) return;
  for (const place of places) {
    for (let folder = dirname(place); folder !== '/'; folder = dirname(folder)) {
      const found = await describeFile(folder);
      if (found?.kind === 'folder' && (found.mode & 0o001) === 0) throw new ProblemError(unreachable(place, folder));
    }
  }
}

function unreachable(place: string, folder: string): Problem {
  return {
    code: 'no-access',
    summary: `The system users of sites cannot come to ${place}: only its owner may enter ${folder}`,
    where: { file: folder },
    cure: [
      'Choose a folder that all may enter with ROADIE_BASE and ROADIE_RUN: /var/lib/roadie and /run/roadie are the usual ones.',
      `$ chmod o+x ${typed(folder)}`,
    ],
  };
}

/** A port that is new to the edge must be free. Those that the edge has already are its own. */
export async function requirePortsFree({ record }: SiteDesign, context: JobContext): Promise<void> {
  const edge = await context.records.readEdge();
  const own = new Set(
    (edge?.services ?? [])
      // One that opens its ports by itself says which.
      .flatMap(({ sockets, listen }) => [
        ...sockets.flatMap((socket) => (socket.kind === 'tcp' ? [socket.port] : [])),
        ...(listen ?? []),
      ]),
  );
  const problems = [record.ports.http, record.ports.https].flatMap((port) => {
    const holder = own.has(port) ? undefined : portHolder(port);
    return holder ? [portTaken(port, holder)] : [];
  });
  const [first, ...rest] = problems;
  if (first) throw new ProblemError(first, ...rest);
}

function rootPort(port: number, first: number): Problem {
  return {
    code: 'root-needed',
    summary: `Only root may listen on port ${port}`,
    cure: [
      `Use ports from ${first} on: \`--http-port 8080 --https-port 8443\`.`,
      'Or run Roadie as root: `sudo roadie up …`.',
    ],
  };
}
