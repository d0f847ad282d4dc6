import { join } from 'node:path';

import type { Blueprint } from '../blueprint/blueprint.ts';
import type { BlueprintInput } from '../blueprint/build-blueprint.ts';
import { namedEdge } from '../blueprint/host-edge.ts';
import type { BakeLimits, SiteRecord } from '../sites/record.ts';
import type { JobOf } from '../contract/jobs.ts';
import { findPythons } from '../machine/packages/programs.ts';
import { readOwnFiles } from '../sites/own-files.ts';
import { newSecret, secretFor } from '../sites/secrets.ts';
import { siteLayout } from '../machine/layout.ts';
import { isRoot } from '../machine/system.ts';
import { must } from '../problems/problem.ts';
import { choosePython, type ChosenPython, otherPythonNote } from '../build/python.ts';
import { accessPlaces } from '../source/access.ts';
import { fetchPlace } from '../source/fetch-place.ts';
import type { JobContext } from './context.ts';
import { laidByRelease } from './laid-files.ts';
import { openProject, readProject, type ReadProject } from './read-project.ts';
import { followedSource } from './followed-source.ts';
import { identify, requestedName } from './site-request.ts';
import { tunedBlueprint } from './tuned-blueprint.ts';

/** A site as it shall be: everything that is decided before the machine is looked at. */
export type SiteDesign = {
  readonly record: SiteRecord;
  readonly blueprint: Blueprint;
  /** What the blueprint is made from, besides what `tune` has measured. */
  readonly input: BlueprintInput;
  readonly build: { readonly python: ChosenPython; readonly project: ReadProject };
  readonly bake: BakeLimits;
  /** The commit of the followed branch that this deals with, whatever comes of it. */
  readonly dealt?: string;
};

/** How long and how strictly a new release is watched where the config does not say otherwise. */
const standardBake: BakeLimits = { seconds: 60, errorPercent: 10, crashes: 2 };

/** What every site has whether or not its settings read it. */
const secretNames = ['secret-key', 'database-password'] as const;

/** Reads the project and decides what the site shall be. Changes nothing but the cache of fetched repositories. */
export async function designSite(request: JobOf<'up'>, context: JobContext): Promise<SiteDesign> {
  const root = isRoot();
  const place = await fetchPlace(context.layout, request.source, request.name);
  const pythons = join(context.layout.tools, 'pythons');
  const [open, found] = await Promise.all([
    openProject({
      source: request.source,
      ref: request.ref,
      revision: request.revision,
      access: accessPlaces(context.layout),
      leaveOthers: request.confirmed === undefined,
      ...place,
      log: context.log,
    }),
    findPythons(pythons),
  ]);
  const { config } = open;
  const name = must(requestedName(request, config));
  // Before anything of the site is read that another operation on it may be changing.
  await context.turns.site(name);
  const records = await context.records.all();
  // A site that was taken down goes on with its secrets, without which its data is of no use.
  const before = records.find((record) => record.name === name) ?? (await context.records.readKept(name));
  const others = records.filter((record) => record.name !== name);
  const identity = must(identify(name, request, config, others, before, root));
  const secrets = { ...newSecrets(), ...before?.secrets };
  const { releases, own: ownFolder } = siteLayout(context.layout.sites, name);
  const own = await readOwnFiles(ownFolder);
  const takenBack = await laidByRelease(releases, request.source);
  const project = await readProject(open, {
    own,
    ...(takenBack && { takenBack }),
    filling: { secret: (setting) => secretFor(secrets['secret-key'] ?? '', setting), domains: identity.domains },
  });
  const named = others.map((other) => ({ name: other.name, edge: other.blueprint?.edge }));
  const edge = must(namedEdge(config.edge?.server, named));
  const ownerEnvironment = before?.ownerEnvironment ?? {};
  const input: BlueprintInput = {
    site: name,
    source: project.source,
    facts: project.facts,
    config,
    ownerEnvironment,
    ownFiles: [...own, ...project.made].map(({ path, hash }) => ({ path, hash })),
    ...(edge !== undefined && { edge }),
  };
  const blueprint = must(tunedBlueprint(input, before?.tuned));
  const python = must(
    choosePython(blueprint.facts.python.value, {
      found,
      pythons,
      current: (before?.built ?? before?.release)?.python,
    }),
  );
  const otherPython = otherPythonNote(blueprint.facts.python, python);
  const followed = await followedSource(request, { project, name, before }, context);
  return {
    record: {
      ...followed.record,
      name,
      request: { ...followed.request, name },
      domains: identity.domains,
      ports: identity.ports,
      ownerEnvironment,
      ...(before?.tuned && { tuned: before.tuned }),
      secrets,
    },
    blueprint: otherPython
      ? { ...blueprint, facts: { ...blueprint.facts, notes: [...blueprint.facts.notes, otherPython] } }
      : blueprint,
    input,
    build: { python, project },
    bake: bakeLimits(config),
    ...(followed.dealt !== undefined && { dealt: followed.dealt }),
  };
}

function bakeLimits({ bake }: BlueprintInput['config']): BakeLimits {
  return {
    seconds: bake?.seconds ?? standardBake.seconds,
    errorPercent: bake?.error_percent ?? standardBake.errorPercent,
    crashes: bake?.crashes ?? standardBake.crashes,
  };
}

function newSecrets(): Readonly<Record<string, string>> {
  return Object.fromEntries(secretNames.map((name) => [name, newSecret()]));
}
