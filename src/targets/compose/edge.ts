import { join } from 'node:path/posix';

import { edgeWishes } from '../../blueprint/edge-wishes.ts';
import { type EdgeContainer, secretsFolder } from '../../components/container.ts';
import type { EdgePlace } from '../../components/edge/place.ts';
import { siteInput } from '../../components/edge/site-input.ts';
import { findComponent } from '../../components/index.ts';
import type { ComposeInput } from './input.ts';

/** Secrets with the certificate's chain and its key. */
export const certificateSecret = 'tls.crt';
export const keySecret = 'tls.key';

/** What stands in front of an exported site. */
type Edge = { readonly place: EdgePlace; readonly container: EdgeContainer };

/** The site's edge. Throws where it cannot run in containers: that has been asked before (`unableComponents`). */
export function edgeOf({ blueprint, place }: Pick<ComposeInput, 'blueprint' | 'place'>): Edge {
  for (const { name } of blueprint.components) {
    const { edge, container } = findComponent(name) ?? {};
    if (!edge || !container?.edge) continue;
    // Docker hands on what comes by IPv6 as well.
    const sites = [{ name: place.site, ports: place.ports }];
    return { place: edge.place(place, sites, ['0.0.0.0']), container: container.edge };
  }
  throw new Error('a site whose edge cannot run in containers');
}

/** The configuration of the edge, whole: absolute paths in its container. */
export function edgeFilesOf(input: ComposeInput): ReturnType<EdgeContainer['files']> {
  const { place, container } = edgeOf(input);
  // Nothing listens for webhooks.
  const { hookSocket: _, ...site } = siteInput(input.place, place, input.release, edgeWishes(input.blueprint));
  return container.files(place, {
    ...site,
    certificate: { chain: join(secretsFolder, certificateSecret), key: join(secretsFolder, keySecret) },
    accessLog: '/dev/stdout',
  });
}
