import type { SiteEnvironment } from '../contract/answers.ts';
import type { RunAs } from '../services/service.ts';
import { environmentOrigins } from './environment-origins.ts';
import { liveService } from './live-service.ts';
import type { ReleaseRecord, SiteRecord } from './record.ts';

/** How to run a command as the site's processes do. The ids come from its services, which run as the site's user. */
export function siteEnvironment(record: SiteRecord, release: ReleaseRecord): SiteEnvironment {
  const web = liveService(record.group);
  const environment = {
    ...release.environment,
    PATH: `${release.bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: release.root,
  };
  return {
    site: record.name,
    root: release.root,
    bin: release.bin,
    environment,
    origins: environmentOrigins(record, Object.keys(environment)),
    ...(web?.user && { uid: web.user.uid, gid: web.user.gid, groups: web.user.groups ?? [] }),
    ...(web?.view && { view: web.view }),
  };
}

/** Who runs a command in a site's environment, with all groups that its processes have; absent without root. */
export function userOf({ site, uid, gid, groups = [] }: SiteEnvironment): RunAs | undefined {
  return uid === undefined || gid === undefined ? undefined : { uid, gid, groups, name: site };
}
