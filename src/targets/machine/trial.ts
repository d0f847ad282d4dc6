import { basename, dirname, join } from 'node:path';

import type { BlueprintComponent } from '../../blueprint/blueprint.ts';
import { allComponents, findComponent } from '../../components/index.ts';
import type { ReleaseRecord } from '../../sites/record.ts';
import type { ServiceSpec } from '../../services/service.ts';
import type { WebSetting } from '../../services/web-setting.ts';
import { liveService } from '../../sites/live-service.ts';
import { openHost, type SiteHere } from './open-host.ts';
import type { Operation } from './operation.ts';
import { surveySite } from './survey.ts';

/** The service that a trial runs as, beside the live one. */
export const trialName = 'trial';

/** How the site's web server runs, or undefined where its kind has nothing to choose. */
export async function webSetting(
  { blueprint, record }: SiteHere,
  release: ReleaseRecord,
  { layout }: Operation,
): Promise<WebSetting | undefined> {
  const { domains, ports, secrets } = record.current;
  const { place } = await surveySite({ blueprint, layout, components: allComponents, domains, ports, secrets });
  const web = blueprint.components.find(isWeb);
  const component = web && findComponent(web.name);
  return component?.setting?.(component.options.parse(web?.options), place, release);
}

/** The web server of the live release with another setting, on a socket of its own that no visitor reaches. */
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
