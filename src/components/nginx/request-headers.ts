import type { SiteInput } from '../edge/site-input.ts';
import { clearedNames } from '../edge/trusted-headers.ts';

/** The headers of a request as Django gets them: those that NGINX sets, and those that it takes away. `scheme` is what Django is told. */
export function requestHeaders(input: Pick<SiteInput, 'ports'>, scheme: 'http' | 'https'): string {
  const port = scheme === 'https' ? input.ports.https : input.ports.http;
  const usual = scheme === 'https' ? 443 : 80;
  const set: Readonly<Record<string, string>> = {
    // Not $http_host: $host is one of the names above, in lower case and without a port that the client made up.
    Host: port === usual ? '$host' : `$host:${port}`,
    'X-Real-IP': '$remote_addr',
    'X-Forwarded-For': '$remote_addr',
    'X-Forwarded-Proto': scheme,
    // NGINX's own, whatever the visitor has sent under that name.
    'X-Request-ID': '$request_id',
    Upgrade: '$roadie_upgrade',
    Connection: '$roadie_connection',
  };
  return [...Object.entries(set), ...clearedNames.map((name) => [name, '""'] as const)]
    .map(([name, value]) => `proxy_set_header ${name} ${value};\n`)
    .join('');
}
