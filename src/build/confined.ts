import { posix } from 'node:path';

import { projectView } from '../components/site-view.ts';
import type { Place } from '../components/place.ts';
import type { RunOptions } from '../machine/processes/run.ts';
import type { BuilderContext, BuildContext } from './context.ts';
import { mediaScratch } from './kept.ts';

/** Where memory runs out, a build goes before anything that serves: it can be repeated. */
const buildScore = 800;

/** Share of the processor beside the site's services, which have 100. */
const buildWeight = 20;

/** The build's own /tmp: nothing that the live site can reach. */
export function buildTmp(site: string): string {
  return posix.join(site, 'build-tmp');
}

/** What a command of a build is confined to: it writes in its release, and all that it starts ends with it. */
export function confinedBuild(context: BuilderContext): Pick<RunOptions, 'confined'> {
  const { surroundings, place, paths, python } = context;
  return confined(surroundings.confiner, place, {
    python: python.path,
    writable: [paths.folder, place.folders.build],
    tmp: buildTmp(place.folders.site),
    instead: [{ path: place.folders.media, from: mediaScratch(context) }],
  });
}

/** The same for what changes the site's data once the release is finished: it sees what the site will see. */
export function confinedRunner({ surroundings, place, python }: BuildContext): Pick<RunOptions, 'confined'> {
  return confined(surroundings.confiner, place, { python: python.path });
}

function confined(
  confiner: BuildContext['surroundings']['confiner'],
  place: Place,
  more: Parameters<typeof projectView>[1],
): Pick<RunOptions, 'confined'> {
  if (!confiner) return {};
  return {
    confined: {
      confiner,
      site: place.site,
      name: 'build',
      view: projectView(place, more),
      oomScore: buildScore,
      // The site's own limits come with its first services, and this may be its first build.
      caps: {
        weight: buildWeight,
        ...(place.bounds && { memoryBytes: place.bounds.buildMemoryBytes, processes: place.bounds.processes }),
      },
    },
  };
}
