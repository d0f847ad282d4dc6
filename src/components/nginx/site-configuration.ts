import { compressedEndings } from '../edge/mime-types.ts';
import { type EdgeLimits, standardLimits } from '../edge/place.ts';
import { isFolderUrl, longSilence, type ServedFolder, type SiteInput } from '../edge/site-input.ts';
import { ownHeaders } from '../edge/security-headers.ts';
import { tooLargePage, tooSlowPage } from '../edge/unavailable-page.ts';
import { requestHeaders } from './request-headers.ts';
import { addHeaders, hstsMap, proxiedHeaders } from './security-headers.ts';
import { endpoint, indented, quoted, serverName } from './text.ts';

/**
 * One site's file for NGINX: HTTP goes to HTTPS, static files and uploads come from their folders, everything else from Django.
 * HSTS is what Django's settings say (`SECURE_HSTS_SECONDS`), since its age has to grow with the trust in the certificate. Django
 * sends it with its own answers, NGINX with all others.
 */
export function siteConfiguration(input: SiteInput): string {
  const names = input.domains.map(serverName).join(' ');
  return `# Written by Roadie for the site ${input.site}. Changes made here are undone by the next \`roadie up\`.
${upstream(input)}${hstsMap(input.site, input.hsts)}
server {
${listen(input, input.ports.http, '')}
    server_name ${names};
    access_log ${quoted(input.accessLog)} roadie buffer=64k flush=2s;
${indented(addHeaders(ownHeaders(null)))}
    location ^~ /.well-known/acme-challenge/ {
        root ${quoted(input.acme)};
        default_type text/plain;
    }
    location / {
        return 301 https://$host${input.ports.https === 443 ? '' : `:${input.ports.https}`}$request_uri;
    }
}

server {
${listen(input, input.ports.https, ' ssl http2')}
    server_name ${names};
    access_log ${quoted(input.accessLog)} roadie buffer=64k flush=2s;
    ssl_certificate ${quoted(input.certificate.chain)};
    ssl_certificate_key ${quoted(input.certificate.key)};
    # For requests that are refused before it is known what they are about.
${indented(addHeaders(ownHeaders(input.hsts)))}
${indented(siteBody(input, 'https'))}}
`;
}

/** The name under which a site's configuration speaks of its Django server. */
export function upstream(input: Pick<SiteInput, 'site' | 'webSocket'>): string {
  const server = `    server ${quoted(`unix:${input.webSocket}`)} max_fails=0;\n`;
  return `# Twice the same socket: a connection that breaks in the moment of a switch is tried once more. max_fails=0, or one such
# moment would close the site for ten seconds. No keepalive: a deploy would lose what is sent on an idle connection.
upstream ${upstreamName(input.site)} {
${server}${server}}
`;
}

/** What a server block holds besides its addresses, name and certificate. `scheme` is what Django is told. */
export function siteBody(input: SiteInput, scheme: 'http' | 'https'): string {
  const limits = input.limits ?? standardLimits;
  return `client_max_body_size ${input.uploadLimitMb}m;
# Here and not where requests are handed on: both of those places inherit them.
${requestHeaders(input, scheme)}
${input.static ? staticLocation(input.static, input) : ''}${input.media ? mediaLocation(input.media, input, limits) : ''}location / {
    # What waits for a long time between two words, and nothing is wrong: 418 is nobody else's here.
    error_page 418 = @roadie_long;
    if ($roadie_long) {
        return 418;
    }
${indented(toApplication(input, limits, input.answerSeconds))}}
location @roadie_long {
    # It is an error page to NGINX, and has error pages of its own.
    recursive_error_pages on;
${indented(toApplication(input, limits, Math.max(longSilence, input.answerSeconds)))}}
location @roadie_too_large {
    default_type text/html;
${indented(addHeaders(pageHeaders(input)))}    return 413 ${quoted(tooLargePage(input.uploadLimitMb))};
}
location @roadie_too_slow {
    default_type text/html;
${indented(addHeaders(pageHeaders(input)))}    return 504 ${quoted(tooSlowPage(input.answerSeconds))};
}

${input.hookSocket === undefined ? '' : hookLocation(input, input.hookSocket)}location ^~ /.roadie/ {
    internal;
    alias ${quoted(`${input.pages}/`)};
${indented(addHeaders({ ...pageHeaders(input), 'Retry-After': '10' }))}}
`;
}

function pageHeaders({ hsts }: SiteInput): Readonly<Record<string, string>> {
  return {
    ...ownHeaders(hsts),
    'Content-Security-Policy': `"default-src 'none'; style-src 'unsafe-inline'"`,
    'Cache-Control': 'no-store',
  };
}

/** How requests get to Django. `silence`: seconds between two words of an answer. */
function toApplication(input: SiteInput, limits: EdgeLimits, silence: number): string {
  return `limit_conn roadie_connections ${limits.connections};
limit_req zone=roadie_requests burst=${limits.requestsPerSecond * 4} nodelay;
proxy_pass http://${upstreamName(input.site)};
proxy_http_version 1.1;
proxy_redirect off;
proxy_connect_timeout 10s;
proxy_send_timeout 10s;
# Longer than the server's own time-out, so that its answer comes and not ours.
proxy_read_timeout ${silence}s;
# Of all headers of an answer together: cookies of single sign-on fill 32 KB.
proxy_buffer_size 64k;
proxy_buffers 16 16k;
proxy_busy_buffers_size 64k;
proxy_next_upstream ${input.retry ? 'error' : 'off'};
proxy_next_upstream_tries 2;
proxy_next_upstream_timeout 10s;
error_page 413 @roadie_too_large;
error_page 502 503 =503 /.roadie/unavailable.html;
error_page 504 @roadie_too_slow;

${addHeaders(proxiedHeaders(input.site, input))}`;
}

/** The daemon answers there, and knows nothing but webhooks on that socket. What it is told is checked by a signature. */
function hookLocation({ site, hsts }: SiteInput, socket: string): string {
  return `location = /.roadie/hook {
    limit_except POST {
        deny all;
    }
    limit_conn roadie_connections 16;
    limit_req zone=roadie_hooks burst=60 nodelay;
    client_max_body_size 1m;
    proxy_pass ${quoted(`http://unix:${socket}:/${site}`)};
    proxy_http_version 1.1;
    proxy_set_header Host roadie;
    proxy_set_header Connection "";
    proxy_connect_timeout 5s;
    proxy_read_timeout 10s;
${indented(addHeaders({ ...ownHeaders(hsts), 'Cache-Control': 'no-store' }))}}

`;
}

function upstreamName(site: string): string {
  return `roadie_${site}`;
}

function listen(input: SiteInput, port: number, flags: string): string {
  return input.addresses.map((address) => `    listen ${endpoint(address, port)}${flags};`).join('\n');
}

function staticLocation(served: ServedFolder, { brotliStatic, hsts }: SiteInput): string {
  const hidden = `if ($roadie_hidden) {\n    return 404;\n}\n`;
  return `location ^~ ${locationPath(served)} {
    alias ${quoted(withSlash(served.folder))};
    disable_symlinks on from=${quoted(served.within)};
    # Not 'always': an error must not be kept.
    add_header Cache-Control $roadie_static_cache;
${indented(addHeaders(ownHeaders(hsts)))}${indented(hidden)}    # Looking for a compressed copy costs more than sending a small picture, so only where there can be one.
    location ~* \\.(?:${compressedEndings.join('|')})$ {
        # brotli_static tells a path's length too long: with disable_symlinks on, its file is now and then taken for a folder. There
        # is no link to follow: root has removed them all when it took the files over.
        disable_symlinks off;
        gzip_static on;
${brotliStatic ? '        brotli_static on;\n' : ''}${indented(hidden, 8)}    }
}

`;
}

function mediaLocation(served: ServedFolder, { hsts }: SiteInput, limits: EdgeLimits): string {
  return `location ^~ ${locationPath(served)} {
    alias ${quoted(withSlash(served.folder))};
    disable_symlinks on from=${quoted(served.within)};
    limit_conn roadie_connections ${limits.connections};
    if ($roadie_hidden) {
        return 404;
    }
    # What somebody uploaded is theirs, not the site's: it may not act as a page of it.
    add_header Cache-Control "max-age=600";
    add_header Content-Disposition $roadie_media_disposition;
${indented(addHeaders({ 'Content-Security-Policy': '$roadie_media_policy', ...ownHeaders(hsts) }))}}

`;
}

/** The slash at the end on both sides keeps `/static../` from leaving the folder. */
function locationPath(served: ServedFolder): string {
  if (!isFolderUrl(served.url)) throw new Error(`${served.url} cannot be a folder's address`);
  return quoted(served.url);
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}
