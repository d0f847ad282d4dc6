import { webThreads } from '../components/capacity.ts';
import { allComponents } from '../components/index.ts';
import type { Component, PythonNeed } from '../components/component.ts';
import { type Chosen, chooseComponents } from '../components/roles.ts';
import { splitCommand } from '../config/command-line.ts';
import type { Config } from '../config/config.ts';
import type { Facts } from '../django/facts.ts';
import { failed, ok, type Problem, type Result } from '../problems/problem.ts';
import type { Blueprint, OwnFile, Source } from './blueprint.ts';
import type { EdgeName } from './host-edge.ts';
import { configuredFacts } from './configured-facts.ts';
import { withoutFolder } from './stored.ts';

export type BlueprintInput = {
  readonly site: string;
  readonly source: Source;
  readonly facts: Facts;
  readonly config: Config;
  /** What was set with `roadie env set`; it wins over the config's [environment]. */
  readonly ownerEnvironment: Readonly<Record<string, string>>;
  /** Files of the owner's own, and those that are made from examples. */
  readonly ownFiles?: readonly OwnFile[];
  /** What the sites of the host name as its edge, this one or another. */
  readonly edge?: EdgeName;
};

/** Requests larger than this are refused where the config does not say otherwise. Megabytes. */
const standardUploadLimitMb = 25;

/**
 * Config and facts become a blueprint. Pure: equal input, equal blueprint. Problem: `config-bad-value` (a worker's
 * command). `components` is the list to choose from.
 */
export function buildBlueprint(
  input: BlueprintInput,
  components: readonly Component[] = allComponents,
): Result<Blueprint> {
  const { config } = input;
  const problems = badCommands(config);
  const [first, ...rest] = problems;
  if (first) return failed(first, ...rest);
  const facts = configuredFacts(withoutFolder(input.facts), config);
  const chosen = chooseComponents(
    facts,
    input.edge === undefined ? config : { ...config, edge: { server: input.edge } },
    components,
  );
  if (!chosen.ok) return chosen;
  const used = chosen.value;
  return ok({
    site: input.site,
    source: input.source,
    ...(config.source?.repository !== undefined && { repository: config.source.repository }),
    facts,
    dependencies: facts.dependencies.value,
    components: used.map(({ component, options, because, roles }) => ({
      name: component.name,
      options,
      because,
      ...(roles.length < component.roles.length && { roles }),
    })),
    pythonAdditions: pythonAdditions(facts, used),
    ownerEnvironment: { ...config.environment, ...input.ownerEnvironment },
    healthPath: facts.healthPath?.value ?? '/',
    uploadLimitMb: config.upload_limit_mb ?? standardUploadLimitMb,
    ...(config.database_wait_seconds !== undefined && { databaseWaitSeconds: config.database_wait_seconds }),
    ...(config.requirements_as_of !== undefined && { requirementsAsOf: config.requirements_as_of }),
    ...(config.network?.listen && config.network.listen.length > 0 && { listen: config.network.listen }),
    ...boundsWishes(config),
    ...(config.files?.writable && config.files.writable.length > 0 && { writable: config.files.writable }),
    ...(input.ownFiles && input.ownFiles.length > 0 && { ownFiles: input.ownFiles }),
    ...(config.files?.committed_data === false && { leaveCommittedData: true as const }),
    ...(config.sites_domain === false && { keepSiteDomain: true as const }),
    ...(config.edge?.server !== undefined && { edge: config.edge.server }),
  });
}

/** Nothing where the owner says nothing: an equal blueprint needs no new release. */
function boundsWishes({ limits, sandbox, web }: Config): Pick<Blueprint, 'bounds'> {
  const bounds = {
    ...(limits?.memory_mb !== undefined && { memoryMb: limits.memory_mb }),
    ...(limits?.build_memory_mb !== undefined && { buildMemoryMb: limits.build_memory_mb }),
    ...(limits?.processes !== undefined && { processes: limits.processes }),
    ...(limits?.open_files !== undefined && { openFiles: limits.open_files }),
    ...(sandbox !== undefined && { sandbox }),
    ...(web?.workers !== undefined && { webThreads: web.workers * (web.threads ?? webThreads()) }),
  };
  return Object.keys(bounds).length === 0 ? {} : { bounds };
}

function badCommands(config: Config): readonly Problem[] {
  return Object.values(config.workers ?? {}).flatMap(({ command }) => {
    const words = splitCommand(command);
    return words.ok ? [] : words.problems;
  });
}

/** What the project does not declare: each need once, in the components' order. */
function pythonAdditions(facts: Facts, used: readonly Chosen[]): Blueprint['pythonAdditions'] {
  const declared = new Set(facts.requirements.map((requirement) => requirement.name));
  const needs = used.flatMap(({ component, options }) => component.packages(options).python);
  const missing = (need: PythonNeed): boolean => !need.unless.some((name) => declared.has(name));
  const additions = new Map(needs.filter(missing).map((need) => [need.requirement, need.because]));
  if (facts.dependencies.value.kind === 'none' && facts.django)
    additions.set(`Django${facts.django.value}`, facts.django.because.says);
  return [...additions].map(([requirement, because]) => ({ requirement, because }));
}
