import { resolve } from 'node:path';

import { buildBlueprint } from '../blueprint/build-blueprint.ts';
import { explainBlueprint, type Explanation } from '../blueprint/explain.ts';
import type { FoundFacts } from '../django/facts.ts';
import type { Layout } from '../machine/layout.ts';
import { must } from '../problems/problem.ts';
import { accessPlaces } from '../source/access.ts';
import { fetchPlace } from '../source/fetch-place.ts';
import { debianPackages } from '../targets/machine/debian-packages.ts';
import { openProject, readProject } from './read-project.ts';

/** Reads a project and says what Roadie would make of it; needs no daemon and changes nothing but the cache of fetched repositories. */
export async function inspectProject(
  source: string,
  layout: Layout,
): Promise<{ readonly facts: FoundFacts; readonly explanations: readonly Explanation[] }> {
  const place = await fetchPlace(layout, source, undefined);
  const open = await openProject({
    source: source.includes(':') ? source : resolve(source),
    access: accessPlaces(layout),
    ...place,
  });
  // Nothing is made here: only what would be is told.
  const project = await readProject(open, { own: [], filling: { secret: () => '', domains: [] } });
  const blueprint = must(
    buildBlueprint({
      site: 'site',
      source: project.source,
      facts: project.facts,
      config: project.config,
      ownerEnvironment: {},
    }),
  );
  const packages = debianPackages(blueprint).map(({ name, because }) => ({
    subject: 'Debian package',
    value: name,
    because: { says: because },
  }));
  return {
    facts: { ...blueprint.facts, folder: project.facts.folder },
    explanations: explainBlueprint(blueprint, packages),
  };
}
