import type { ReleaseRecord } from '../../sites/record.ts';
import type { Place } from '../../components/place.ts';
import { edgePaths, edgePlace, type EdgePlace, type EdgeSite } from '../../components/nginx/edge-place.ts';
import { edgeFiles, edgeFolders, edgeService, siteFile, siteInput } from '../../components/nginx/edge.ts';
import type { EdgeParts } from './resources.ts';

/** What every machine needs whatever the project is, with the reason. NGINX's own packages are its component's. */
export const hostPackages: readonly { readonly name: string; readonly because: string }[] = [
  { name: 'python3-venv', because: "the project gets a virtualenv of its own, by Python's own means where uv cannot" },
];

/** The host's NGINX for a site. `others`: the other sites of the host; `ipv6`: whether the machine can listen on `::`. */
export function edgeParts(
  place: Place,
  release: ReleaseRecord | undefined,
  input: { readonly others: readonly EdgeSite[]; readonly ipv6: boolean; readonly uploadLimitMb: number },
): EdgeParts {
  const edge = edgeOf(place, input);
  return {
    folders: edgeFolders(edge),
    files: edgeFiles(edge),
    services: [edgeService(edge)],
    siteFiles:
      release === undefined ? undefined : [siteFile(edge, siteInput(place, edge, release, input.uploadLimitMb))],
  };
}

/** The command for {@link import('./host.ts').Host.prepareEdge}. */
export function prepareCommand(place: {
  readonly folders: Pick<Place['folders'], 'edge' | 'edgeRun'>;
}): readonly [string, ...string[]] {
  return ['/bin/sh', edgePaths({ folder: place.folders.edge, run: place.folders.edgeRun }).prepare];
}

function edgeOf(place: Place, input: { readonly others: readonly EdgeSite[]; readonly ipv6: boolean }): EdgePlace {
  const own: EdgeSite = { name: place.site, ports: place.ports };
  const sites = [...input.others.filter((site) => site.name !== place.site), own].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  return edgePlace(place, sites, input.ipv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']);
}
