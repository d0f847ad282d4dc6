import type { GroupSpec, ServiceSpec } from '../services/service.ts';

/** The first of a group's services that runs a release: the web server. Undefined where there are data services alone. */
export function liveService(group: GroupSpec | undefined): ServiceSpec | undefined {
  return group?.services.find((service) => service.release !== undefined);
}
