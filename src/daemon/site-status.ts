import { siteUrl } from '../blueprint/site-url.ts';
import type { SiteRecord } from '../sites/record.ts';
import type { ServiceStatus, SiteStatus } from '../contract/status.ts';
import type { OpenPort } from '../supervisor/open-ports.ts';
import type { ReleaseView } from './release-views.ts';

/** A site as `status` shows it: live only where every service is ready, and none of them only until it ends again. */
export function siteStatus(
  record: SiteRecord,
  services: readonly ServiceStatus[],
  disk: SiteStatus['disk'],
  view: ReleaseView,
  openPorts: readonly OpenPort[] = [],
): SiteStatus {
  return {
    name: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    release: record.release?.id ?? null,
    state: stateOf(record, services),
    ...view,
    disk,
    ...(openPorts.length > 0 && { open_ports: openPorts.map(shownPort) }),
    services: [...services],
  };
}

function shownPort({ address, port, service, pid, program }: OpenPort): NonNullable<SiteStatus['open_ports']>[number] {
  return { address, port, service: service ?? null, pid, program };
}

function stateOf(record: SiteRecord, services: readonly ServiceStatus[]): SiteStatus['state'] {
  // Its data services may run already: without a release there is nothing to visit.
  if (!record.release || !record.group || services.length === 0) return 'incomplete';
  const loops = services.some((service) => service.early_ends?.loop === true);
  if (services.every((service) => service.state === 'ready')) return loops ? 'degraded' : 'live';
  if (services.every((service) => service.state === 'down' || service.state === 'stopping')) return 'stopped';
  if (
    loops ||
    services.some((service) => service.state === 'failed' || service.state === 'waiting' || service.state === 'down')
  )
    return 'degraded';
  return 'starting';
}
