import type { SiteWishes } from '../components/edge/site-input.ts';
import { timeoutOf } from '../components/web/web-service.ts';
import type { Blueprint } from './blueprint.ts';

/** A view of a server that is asked for nothing else may take so long. Seconds. */
const shortestWait = 65;

/** What a site asks of the edge. It waits longer than the server does, so that the server's answer comes and not the edge's. */
export function edgeWishes({ components, uploadLimitMb }: Pick<Blueprint, 'components' | 'uploadLimitMb'>): SiteWishes {
  const silence = Math.max(...components.map(({ options }) => timeoutOf(options)));
  return { uploadLimitMb, answerSeconds: Math.max(shortestWait, Math.ceil(silence) + 5) };
}
