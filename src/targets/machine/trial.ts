import { basename, dirname, join } from 'node:path';

import type { Blueprint, BlueprintComponent } from '../../blueprint/blueprint.ts';
import { makeTrial, removeTrial } from '../../build/trial-virtualenv.ts';
import { siteBounds } from '../../components/bounds.ts';
import { allComponents, findComponent } from '../../components/index.ts';
import type { Place } from '../../components/place.ts';
import { siteLayout } from '../../machine/layout.ts';
import type { ReleaseRecord } from '../../sites/record.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { WebServer, WebSetting } from '../../services/web-setting.ts';
import { liveService } from '../../sites/live-service.ts';
import { openHost, type SiteHere } from './open-host.ts';
import type { Operation } from './operation.ts';
import { surveySite } from './survey.ts';

/** The service that a trial runs as, beside the live one. */
export const trialName = 'trial';

/** The web server of a site, as the config names it; undefined where it has none. */
export function webServer({ components }: Blueprint): WebServer | undefined {
  const web = components.find(isWeb);
  const component = web && findComponent(web.name);
  if (!component) return undefined;
  return {
    server: component.name,
    workerClass: component.workerClasses?.of(component.options.parse(web?.options)) ?? null,
  };
}

/** How the site's web server runs, or undefined where its kind has nothing to choose. */
export async function webSetting(
  site: SiteHere,
  release: ReleaseRecord,
  operation: Operation,
): Promise<WebSetting | undefined> {
  const web = site.blueprint.components.find(isWeb);
  const component = web && findComponent(web.name);
  return component?.setting?.(component.options.parse(web?.options), await placeOf(site, operation), release);
}

/**
 * The release with what its blueprint's web server needs and the release has not: the same release where it has all, else with a
 * copy of its virtualenv, which {@link endTrial} removes. Throws `dependencies-unresolvable`. `signal`: installs no longer.
 */
export async function releaseForTrial(
  site: SiteHere,
  release: ReleaseRecord,
  operation: Operation,
  signal: AbortSignal,
): Promise<ReleaseRecord> {
  const { components } = site.blueprint;
  const { distributions } = release.probe;
  const missing = components.filter(isWeb).flatMap(({ name, options }) => {
    const component = findComponent(name);
    const needs = component?.packages(component.options.parse(options)).python ?? [];
    return needs.flatMap(({ requirement, unless }) =>
      unless.some((each) => each in distributions) ? [] : [requirement],
    );
  });
  if (missing.length === 0) return release;
  const place = await placeOf(site, operation);
  const { log, layout, network, confiner } = operation;
  const surroundings = { tools: layout.tools, network, signal, confiner };
  const make = (): Promise<ReleaseRecord> => makeTrial(release, missing, { place, log, surroundings });
  const bytes = place.bounds?.buildMemoryBytes ?? siteBounds(place.machine).buildMemoryBytes;
  return operation.turns ? operation.turns.building(bytes, make) : make();
}

/** Removes what a trial needed. Call only where no trial runs. */
export async function endTrial(site: string, { layout }: Pick<Operation, 'layout'>): Promise<void> {
  await removeTrial(siteLayout(layout.sites, site).folder);
}

/** The web server of a site's blueprint with another setting, on a socket of its own that no visitor reaches. */
export async function trialService(
  site: SiteHere,
  release: ReleaseRecord,
  setting: WebSetting,
  operation: Operation,
): Promise<ServiceSpec> {
  const components = site.blueprint.components.map((each) => (isWeb(each) ? withSetting(each, setting) : each));
  const host = await openHost({ ...site, blueprint: { ...site.blueprint, components } }, operation);
  const live = liveService((await host.wanted(release)).groups.site);
  if (!live) throw new Error(`${site.blueprint.site} has no service of a release`);
  return asTrial(live);
}

async function placeOf({ blueprint, record }: SiteHere, { layout }: Operation): Promise<Place> {
  const { domains, ports, secrets } = record.current;
  return (await surveySite({ blueprint, layout, components: allComponents, domains, ports, secrets })).place;
}

/** The same program elsewhere: its socket's path can be in its command, its environment and its probes. */
function asTrial(live: ServiceSpec): ServiceSpec {
  const [socket] = live.sockets;
  if (socket?.kind !== 'unix') throw new Error(`${live.name} has no unix socket`);
  const moved = join(dirname(socket.path), `${trialName}.sock`);
  const spec = JSON.parse(JSON.stringify(live).replaceAll(socket.path, moved)) as ServiceSpec;
  // Under load it answers late, which is no reason to replace it; and only one trial runs at a time.
  const { liveness: _, memoryLimitBytes: __, ...rest } = spec;
  const log = { ...spec.log, path: join(dirname(spec.log.path), `${trialName}-${basename(spec.log.path)}`) };
  return { ...rest, name: trialName, replace: 'restart', log };
}

function isWeb({ name, roles }: BlueprintComponent): boolean {
  return (roles ?? findComponent(name)?.roles ?? []).includes('web');
}

function withSetting(component: BlueprintComponent, { workers, threads }: WebSetting): BlueprintComponent {
  return { ...component, options: { ...(component.options as object), workers, ...(threads !== null && { threads }) } };
}
