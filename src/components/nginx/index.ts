import * as z from 'zod';

import { component } from '../component.ts';
import { nginxInContainer } from './container.ts';
import { edgeFolders, nginxEdge } from './edge.ts';
import { edgePlace, optionalModules } from './edge-place.ts';

export { edgeFiles, edgeFolders, edgeService, siteFile } from './edge.ts';
export { edgePaths, edgePlace, sitePaths } from './edge-place.ts';
export { siteConfiguration } from './site-configuration.ts';

const options = z.strictObject({
  upload_limit_mb: z.int().min(0).max(100_000).default(25).describe('The largest request body, in megabytes'),
});

/** The one NGINX of a host; what it is made of is in its facet as the edge. */
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
  looksFor: { program: 'nginx', installed: optionalModules },
  folders: (_options, place) => edgeFolders(edgePlace(place, [{ name: place.site, ports: place.ports }])),
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: () => [],
  edge: nginxEdge,
  container: { edge: nginxInContainer },
});
