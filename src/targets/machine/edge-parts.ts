import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { Component } from '../../components/component.ts';
import type { EdgePaths, EdgeSoftware } from '../../components/edge/edge.ts';
import type { EdgePlace, EdgeSite } from '../../components/edge/place.ts';
import { siteInput, type SiteWishes } from '../../components/edge/site-input.ts';
import type { Place } from '../../components/place.ts';
import { allComponents } from '../../components/index.ts';
import type { Layout } from '../../machine/layout.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { ReleaseRecord } from '../../sites/record.ts';
import type { EdgeParts } from './resources.ts';

/** What every machine needs whatever the project is, with the reason. The edge's own packages are its component's. */
export const hostPackages: readonly { readonly name: string; readonly because: string }[] = [
  { name: 'python3-venv', because: "the project gets a virtualenv of its own, by Python's own means where uv cannot" },
];

/** A site as the edge serves it: at its place, with the release that is live. */
export type ServedSite = { readonly place: Place; readonly release: ReleaseRecord; readonly wishes: SiteWishes };

/**
 * The host's edge for a site. `others`: the other sites of the host; `served`: those of them that have a release; `ipv6`: whether the
 * machine can listen on `::`; `running`: the edge that serves the host now.
 *
 * Where that is another one, the files of all sites are there before it starts: whoever is served goes on being served.
 */
export function edgeParts(
  software: EdgeSoftware,
  place: Place,
  release: ReleaseRecord | undefined,
  input: {
    readonly others: readonly EdgeSite[];
    readonly served: readonly ServedSite[];
    readonly ipv6: boolean;
    readonly wishes: SiteWishes;
    readonly running: string | undefined;
  },
): EdgeParts {
  const { edge: facet, name, title } = software;
  const edge = edgeOf(software, place, input);
  const siteFile = (site: ServedSite) => facet.siteFile(edge, siteInput(site.place, edge, site.release, site.wishes));
  const own = release && siteFile({ place, release, wishes: input.wishes });
  const changes = input.running !== undefined && input.running !== name;
  return {
    name,
    title,
    folders: facet.folders(edge),
    files: [...facet.files(edge), ...(changes ? [...input.served.map(siteFile), ...(own ? [own] : [])] : [])],
    services: [facet.service(edge)],
    siteFiles: own && (changes ? [] : [own]),
  };
}

/** The edge that a site's blueprint has. */
export function edgeOfBlueprint(
  { components }: Pick<Blueprint, 'components'>,
  all: readonly Component[] = allComponents,
): EdgeSoftware {
  const names = new Set(components.map(({ name }) => name));
  const found = all.flatMap(asEdge).find(({ name }) => names.has(name));
  if (!found) throw new Error('a site without an edge');
  return found;
}

/** The edge that serves the host, from its services as they are recorded; undefined where there is none. */
export function edgeOfGroup(group: GroupSpec | undefined): EdgeSoftware | undefined {
  const names = new Set(group?.services.map(({ name }) => name));
  return allEdges.find(({ name }) => names.has(name));
}

/** What an owner has to know where another edge comes than the one that runs: whole sentences. */
export function edgeNotes({ name, title, edge }: EdgeSoftware, running: EdgeSoftware | undefined): readonly string[] {
  if (running?.name === name) return [];
  const shortcomings = edge.shortcomings.map((each) => `${title}: ${each}`);
  if (!running) return shortcomings;
  const change = `${title} takes the place of ${running.title} for all sites of this host: visitors are refused until it answers, and what is under way has half a minute to end`;
  return [change, ...shortcomings];
}

/** The paths of the host's edge. */
export function edgePathsOf({ edge }: EdgeSoftware, layout: Pick<Layout, 'edge' | 'run'>): EdgePaths {
  return edge.paths({ folder: layout.edge, run: `${layout.run}/edge` });
}

/** All that can be the edge. */
export const allEdges: readonly EdgeSoftware[] = allComponents.flatMap(asEdge);

function asEdge({ name, title, edge }: Component): readonly EdgeSoftware[] {
  return edge ? [{ name, title, edge }] : [];
}

function edgeOf(
  { edge }: EdgeSoftware,
  place: Place,
  input: { readonly others: readonly EdgeSite[]; readonly ipv6: boolean },
): EdgePlace {
  const own: EdgeSite = { name: place.site, ports: place.ports };
  const sites = [...input.others.filter((site) => site.name !== place.site), own].toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  return edge.place(place, sites, input.ipv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']);
}
