import type { ViewSpec } from '../services/service.ts';
import type { Place } from './place.ts';

/** What a data service sees: its own folders. Undefined where the site has no sandbox. */
export function dataView(place: Place, writable: readonly string[]): ViewSpec | undefined {
  const sandbox = place.bounds?.sandbox;
  return sandbox && { hidden: sandbox.hidden, readable: [place.folders.config], writable };
}

/**
 * What the project's own programs see: the site's folders and what the owner lets it reach. `python` is the interpreter that they
 * run on, `writable` where they write besides, `tmp` their /tmp, where that is not the site's, `instead` what they see in another's place.
 */
export function projectView(
  place: Place,
  more: { readonly python?: string | undefined } & Partial<Pick<ViewSpec, 'writable' | 'tmp' | 'instead'>> = {},
): ViewSpec | undefined {
  const sandbox = place.bounds?.sandbox;
  if (!sandbox) return undefined;
  return {
    hidden: sandbox.hidden,
    readable: [...sandbox.readable, ...installationOf(more.python)],
    writable: [place.folders.data, place.folders.cache, ...(more.writable ?? []), ...sandbox.writable],
    tmp: more.tmp ?? sandbox.tmp,
    ...(more.instead && { instead: more.instead }),
  };
}

/** The folder of an interpreter's installation, where that is not the system's own. */
function installationOf(python: string | undefined): readonly string[] {
  const folder = python === undefined ? undefined : /^(.+)\/bin\/[^/]+$/.exec(python)?.[1];
  return folder === undefined || folder === '/usr' || folder === '/usr/local' ? [] : [folder];
}
