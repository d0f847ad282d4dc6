import * as z from 'zod';

import { component } from '../component.ts';
import { apacheEdge } from './edge.ts';
import { apachePlace } from './place.ts';

/** The one Apache of a host, where an owner asks for it; what it is made of is in its facet as the edge. */
export const apacheComponent = component<Readonly<Record<string, never>>>({
  name: 'apache',
  title: 'Apache',
  roles: ['edge'],
  about:
    'Takes every request, in the place of NGINX, where the config says so: HTTPS, redirects, static files and uploads; hands the rest to Django through a unix socket.',
  options: z.strictObject({}),
  detect: () => undefined,
  packages: () => ({ debian: ['apache2', 'openssl'], python: [] }),
  runsAs: 'root',
  looksFor: { program: 'apache2' },
  folders: (_options, place) => apacheEdge.folders(apachePlace(place, [{ name: place.site, ports: place.ports }])),
  files: () => [],
  setup: () => [],
  services: () => [],
  releaseServices: () => [],
  edge: apacheEdge,
});
