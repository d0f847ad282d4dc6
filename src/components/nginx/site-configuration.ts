import { standardLimits, type EdgeLimits } from './edge-place.ts';
import { compressedEndings } from './mime-types.ts';
import { endpoint, indented, quoted, serverName } from './text.ts';

/** A folder that NGINX serves by itself. `url` is a path that begins and ends with '/'; `folder` is absolute. */
export type ServedFolder = { readonly url: string; readonly folder: string };

/** Everything that one site's part of the configuration is made from. Paths are absolute. */
export type SiteInput = {
  readonly site: string;
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
  /** As in the host's configuration: each site listens on all of them. */
  readonly addresses: readonly [string, ...string[]];
  readonly certificate: { readonly chain: string; readonly key: string };
  /** The unix socket that Django's server listens on. */
  readonly webSocket: string;
  /** Through `current`, so that a deploy needs no reload. */
  readonly static: ServedFolder | null;
  readonly media: ServedFolder | null;
  /** Largest request body, in megabytes; 0 for no limit. */
  readonly uploadLimitMb: number;
  readonly brotliStatic: boolean;
  /** Whether Django sends X-Frame-Options; where it does, a view without it is meant to be framed. */
  readonly framesByDjango: boolean;
  /** Whether a request that reached no server is tried once more (never one that may have changed something). */
  readonly retry: boolean;
  readonly accessLog: string;
  /** Folder with `.well-known/acme-challenge/`. */
  readonly acme: string;
  /** Folder with `unavailable.html`. */
  readonly pages: string;
  /** The daemon's socket for webhooks; absent: there is no address for them. */
  readonly hookSocket?: string;
  readonly limits?: EdgeLimits;
};

/**
 * One site's file for NGINX: HTTP goes to HTTPS, static files and uploads come from their folders, everything else from Django.
 * HSTS is left to Django's settings (`SECURE_HSTS_SECONDS`): its age has to grow with the trust in the certificate, which the
 * overlay does, and a header from both would come twice.
 */
export function siteConfiguration(input: SiteInput): string {
  const names = input.domains.map(serverName).join(' ');
  return `# Written by Roadie for the site ${input.site}. Changes made here are undone by the next \`roadie up\`.
${upstream(input)}
server {
${listen(input, input.ports.http, '')}
    server_name ${names};
    access_log ${quoted(input.accessLog)} roadie buffer=64k flush=2s;

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

${input.static ? staticLocation(input.static, input.brotliStatic) : ''}${input.media ? mediaLocation(input.media, limits) : ''}location / {
    limit_conn roadie_connections ${limits.connections};
    limit_req zone=roadie_requests burst=${limits.requestsPerSecond * 4} nodelay;
    proxy_pass http://${upstreamName(input.site)};
    proxy_http_version 1.1;
    proxy_redirect off;
    proxy_connect_timeout 10s;
    proxy_send_timeout 10s;
    # Longer than the server's own time-out, so that its answer comes and not ours.
    proxy_read_timeout 65s;
    proxy_buffer_size 16k;
    proxy_buffers 16 16k;
    proxy_busy_buffers_size 32k;
    proxy_next_upstream ${input.retry ? 'error' : 'off'};
    proxy_next_upstream_tries 2;
    proxy_next_upstream_timeout 10s;
    error_page 502 503 =503 /.roadie/unavailable.html;
    error_page 504 /.roadie/unavailable.html;

${indented(requestHeaders(input, scheme))}
${indented(headers({ 'X-Content-Type-Options': '$roadie_content_type_options', 'Referrer-Policy': '$roadie_referrer_policy', ...(input.framesByDjango ? {} : { 'X-Frame-Options': '$roadie_frame_options' }) }))}}

${input.hookSocket === undefined ? '' : hookLocation(input.site, input.hookSocket)}location ^~ /.roadie/ {
    internal;
    alias ${quoted(`${input.pages}/`)};
${indented(headers({ ...securityHeaders, 'Content-Security-Policy': `"default-src 'none'; style-src 'unsafe-inline'"`, 'Cache-Control': 'no-store', 'Retry-After': '10' }))}}
`;
}

/** The daemon answers there, and knows nothing but webhooks on that socket. What it is told is checked by a signature. */
function hookLocation(site: string, socket: string): string {
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
${indented(headers({ ...securityHeaders, 'Cache-Control': 'no-store' }))}}

`;
}

function upstreamName(site: string): string {
  return `roadie_${site}`;
}

function listen(input: SiteInput, port: number, flags: string): string {
  return input.addresses.map((address) => `    listen ${endpoint(address, port)}${flags};`).join('\n');
}

/** An add_header in a location drops those of the levels above, so each location gets the whole set. */
const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'SAMEORIGIN',
} as const;

function headers(all: Readonly<Record<string, string>>): string {
  return Object.entries(all)
    .map(([name, value]) => `add_header ${name} ${value} always;\n`)
    .join('');
}

function staticLocation(served: ServedFolder, brotli: boolean): string {
  const hidden = `if ($roadie_hidden) {\n    return 404;\n}\n`;
  return `location ^~ ${locationPath(served)} {
    alias ${quoted(withSlash(served.folder))};
    disable_symlinks on from=${quoted(withoutSlash(served.folder))};
    # Not 'always': an error must not be kept.
    add_header Cache-Control $roadie_static_cache;
${indented(headers(securityHeaders))}${indented(hidden)}    # Looking for a compressed copy costs more than sending a small picture, so only where there can be one.
    location ~* \\.(?:${compressedEndings.join('|')})$ {
        gzip_static on;
${brotli ? '        brotli_static on;\n' : ''}${indented(hidden, 8)}    }
}

`;
}

function mediaLocation(served: ServedFolder, limits: EdgeLimits): string {
  return `location ^~ ${locationPath(served)} {
    alias ${quoted(withSlash(served.folder))};
    disable_symlinks on from=${quoted(withoutSlash(served.folder))};
    limit_conn roadie_connections ${limits.connections};
    if ($roadie_hidden) {
        return 404;
    }
    # What somebody uploaded is theirs, not the site's: it may not act as a page of it.
    add_header Cache-Control "max-age=600";
    add_header Content-Disposition $roadie_media_disposition;
${indented(headers({ 'Content-Security-Policy': '$roadie_media_policy', ...securityHeaders }))}}

`;
}

/** The slash at the end on both sides keeps `/static../` from leaving the folder. */
function locationPath(served: ServedFolder): string {
  if (!isFolderUrl(served.url)) throw new Error(`${served.url} cannot be a folder's address`);
  return quoted(served.url);
}

/** Whether NGINX can serve a folder there: a plain path below the root, which alone would hide the application. */
export function isFolderUrl(url: string): boolean {
  return /^\/(?:[^/?#]+\/)+$/.test(url) && !/\/\.{1,2}\//.test(url);
}

function withSlash(folder: string): string {
  return folder.endsWith('/') ? folder : `${folder}/`;
}

function withoutSlash(folder: string): string {
  return folder.replace(/\/+$/, '');
}

/** What identity-aware proxies and other front ends tell an application: believed by many, so a client must not say it. */
const cleared = [
  'Forwarded',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Ssl',
  'X-Forwarded-Protocol',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-Access-Token',
  'X-Scheme',
  'X-Url-Scheme',
  'X-Script-Name',
  'Front-End-Https',
  'X-Original-Url',
  'X-Rewrite-Url',
  'X-Original-Host',
  'X-Client-Ip',
  'X-Cluster-Client-Ip',
  'True-Client-Ip',
  'Cf-Connecting-Ip',
  'Fastly-Client-Ip',
  'X-Real-Port',
  'Remote-User',
  'Remote-Name',
  'Remote-Email',
  'Remote-Groups',
  'X-Remote-User',
  'X-Auth-Request-User',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Authenticated-User',
  'X-Ssl-Client-Verify',
  'X-Ssl-Client-S-Dn',
  'X-Client-Verify',
  'X-Client-Dn',
  'X-Accel-Internal',
  'Proxy',
] as const;

function requestHeaders(input: SiteInput, scheme: 'http' | 'https'): string {
  const port = scheme === 'https' ? input.ports.https : input.ports.http;
  const usual = scheme === 'https' ? 443 : 80;
  const set: Readonly<Record<string, string>> = {
    // Not $http_host: $host is one of the names above, in lower case and without a port that the client made up.
    Host: port === usual ? '$host' : `$host:${port}`,
    'X-Real-IP': '$remote_addr',
    'X-Forwarded-For': '$remote_addr',
    'X-Forwarded-Proto': scheme,
    Upgrade: '$roadie_upgrade',
    Connection: '$roadie_connection',
  };
  return [...Object.entries(set), ...cleared.map((name) => [name, '""'] as const)]
    .map(([name, value]) => `proxy_set_header ${name} ${value};\n`)
    .join('');
}
