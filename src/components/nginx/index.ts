import * as z from 'zod';

import { component } from '../component.ts';
import { edgeFolders } from './edge.ts';
import { edgePlace } from './edge-place.ts';

export { edgeFiles, edgeFolders, edgeService, siteFile } from './edge.ts';
export { edgePaths, edgePlace, sitePaths, type EdgeLimits, type EdgePlace, type EdgeSite } from './edge-place.ts';
export { siteConfiguration, type ServedFolder, type SiteInput } from './site-configuration.ts';

const options = z.strictObject({
  upload_limit_mb: z.int().min(0).max(100_000).default(25).describe('The largest request body, in megabytes'),
});

/**
 * The one NGINX of a host. Its main file, folders and service belong to all sites together (`edgeFiles`, `edgeFolders`,
 * `edgeGroup`), and a site's own file needs its release (`siteFile`): whoever applies a site calls these.
 */
export const nginxComponent = component<z.infer<typeof options>>({
  name: 'nginx',
  title: 'NGINX',
  roles: ['edge'],
  about:
    'Takes every request: HTTPS, redirects, static files and uploads, limits; hands the rest to Django through a unix socket.',
  options,
  detect: () => ({ options: { upload_limit_mb: 25 }, because: { says: 'every site is served by NGINX' } }),
  packages: () => ({
    debian: ['nginx', 'libnginx-mod-http-brotli-static', 'libnginx-mod-http-brotli-filter'],
    python: [],
  }),
  runsAs: 'root',
  folders: (_options, place) => edgeFolders(edgePlace(place, [{ name: place.site, ports: place.ports }])),
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: () => [],
});
