import type { SiteInput } from '../edge/site-input.ts';
import { clearedNames, keptNames } from '../edge/trusted-headers.ts';
import { word } from './text.ts';

/** Names with their values as expressions, that every request for Django gets. */
function setHeaders(input: Pick<SiteInput, 'ports'>): Readonly<Record<string, string>> {
  const { https } = input.ports;
  return {
    // SERVER_NAME is one of the site's names, in small letters and without a port that the client made up.
    Host: `expr=%{tolower:%{SERVER_NAME}}${https === 443 ? '' : `:${https}`}`,
    'X-Real-IP': 'expr=%{REMOTE_ADDR}',
    'X-Forwarded-For': 'expr=%{REMOTE_ADDR}',
    'X-Forwarded-Proto': 'https',
    // Apache's own, whatever the visitor has sent under that name.
    'X-Request-ID': 'expr=%{reqenv:UNIQUE_ID}',
  };
}

/** The headers of a site's requests that Apache sets. */
export function requestHeaders(input: Pick<SiteInput, 'ports'>): string {
  return Object.entries(setHeaders(input))
    .map(([name, value]) => `RequestHeader set ${name} ${word(value)}\n`)
    .join('');
}

/**
 * The headers that are taken away, for all sites. Apache lets `_` in names through, which is the same as `-` to a WSGI program, so
 * each name goes with every mixture of the two.
 */
export function clearedHeaders(): string {
  const mixtures = (name: string): readonly string[] =>
    name
      .split('-')
      .reduce<readonly string[]>(
        (begun, part, index) =>
          index === 0 ? [part] : begun.flatMap((each) => [`${each}-${part}`, `${each}_${part}`]),
        [],
      );
  return [...clearedNames, ...keptNames, 'X-Real-Ip', 'X-Request-Id']
    .flatMap(mixtures)
    .map((name) => `RequestHeader unset ${name}\n`)
    .join('');
}
