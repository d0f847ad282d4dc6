import { join, resolve } from 'node:path';

import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { explainBlueprint, type Explanation } from '../blueprint/explain.ts';
import type { Facts } from '../django/facts.ts';
import { ensureFolder } from '../machine/files.ts';
import type { Layout } from '../machine/layout.ts';
import { isRoot } from '../machine/system.ts';
import { lookupUser } from '../machine/users.ts';
import { must } from '../problems/problem.ts';
import { accessPlaces } from '../source/access.ts';
import { readProject } from './read-project.ts';

/** Reads a project and says what Roadie would make of it; needs no daemon and changes nothing but the cache of fetched repositories. */
export async function inspectProject(
  source: string,
  layout: Layout,
): Promise<{ readonly facts: Facts; readonly explanations: readonly Explanation[] }> {
  const buildUser = isRoot() ? await lookupUser('nobody') : undefined;
  const checkouts = join(layout.base, 'checkouts');
  await ensureFolder(checkouts, { mode: 0o755 });
  const project = await readProject({
    source: source.includes(':') ? source : resolve(source),
    access: accessPlaces(layout),
    checkouts,
    buildUser,
  });
  const site = 'site';
  const blueprint = must(
    buildBlueprint({
      site,
      domains: [`${site}.localhost`],
      ports: { http: 80, https: 443 },
      source: project.source,
      facts: project.facts,
      config: project.config,
      ownerEnvironment: {},
    }),
  );
  return { facts: blueprint.facts, explanations: explainBlueprint(blueprint) };
}
