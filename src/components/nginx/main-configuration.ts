import { join } from 'node:path';

import { compressibleTypes } from '../edge/mime-types.ts';
import { type EdgePlace, edgePorts, standardLimits } from '../edge/place.ts';
import { ownHeaders } from '../edge/security-headers.ts';
import { backlog, connections, edgePaths, openFiles } from './edge-place.ts';
import { addHeaders, securityMaps } from './security-headers.ts';
import { endpoint, indented, quoted } from './text.ts';

/**
 * The host's nginx.conf: everything that is not one site's, and the servers that answer for names which are nobody's.
 * It ends by including `enabled.conf` from its own folder, so that the same file can be tried with other sites.
 */
export function mainConfiguration(place: EdgePlace): string {
  const paths = edgePaths(place);
  return `# Written by Roadie. Changes made here are undone by the next \`roadie up\`.
${[...modules(place), ...(place.user ? [`user ${quoted(place.user.name)};`, `worker_rlimit_nofile ${openFiles};`] : [])].map((line) => `${line}\n`).join('')}daemon off;
worker_processes auto;
pcre_jit on;
pid ${quoted(paths.pid)};
error_log stderr warn;
# No worker_shutdown_timeout: it would cut what still moves, of all sites. What stalls ends by the time-outs below, and the supervisor
# ends the oldest of too many old workers.

events {
    worker_connections ${connections};
}

http {
    include ${quoted(paths.types)};
    default_type application/octet-stream;
    charset utf-8;
    charset_types text/css text/javascript text/plain text/xml text/csv text/markdown text/calendar text/vtt application/json application/manifest+json;
    server_tokens off;
    types_hash_max_size 4096;
    variables_hash_max_size 4096;
    variables_hash_bucket_size 128;
    server_names_hash_max_size 4096;
    server_names_hash_bucket_size 256;
    proxy_headers_hash_max_size 2048;
    proxy_headers_hash_bucket_size 128;

    client_body_temp_path ${quoted(join(paths.temp, 'body'))};
    proxy_temp_path ${quoted(join(paths.temp, 'proxy'))};
    fastcgi_temp_path ${quoted(join(paths.temp, 'fastcgi'))};
    uwsgi_temp_path ${quoted(join(paths.temp, 'uwsgi'))};
    scgi_temp_path ${quoted(join(paths.temp, 'scgi'))};

    map $upstream_status $roadie_request_id {
        default $request_id;
        '' '-';
    }
    # Read by Roadie after a release: the three fields before the last tell whether the application has answered, and with what.
    # The last is the id by which the application's own log speaks of the request; it is made only for what is handed on, since
    # making it takes as long as half of a static file's answer.
    log_format roadie '$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent '
                      '"$http_referer" "$http_user_agent" $host $request_time '
                      '$upstream_response_time $upstream_status $upstream_header_time $roadie_request_id';
    access_log off;
    # For requests that belong to no site.
${indented(addHeaders(ownHeaders(null)))}
${indented(performance(place))}
${indented(patience)}
${indented(limits(place))}
${indented(tls)}
${indented(maps)}
${indented(nobody(place))}
    # The sites that NGINX accepts; ${paths.prepare} writes the list.
    include enabled.conf;
}
`;
}

function modules(place: EdgePlace): readonly string[] {
  const names = [
    ...(place.brotli.filter ? ['ngx_http_brotli_filter_module.so'] : []),
    ...(place.brotli.static ? ['ngx_http_brotli_static_module.so'] : []),
  ];
  return names.map((name) => `load_module ${quoted(join(place.modules, name))};`);
}

function performance(place: EdgePlace): string {
  return `sendfile on;
tcp_nopush on;
keepalive_timeout 30s;
keepalive_requests 10000;
reset_timedout_connection on;
http2_max_concurrent_streams 128;
# A release's files never change, so a few seconds of trust are safe; what is missing is asked for anew each time.
open_file_cache max=4096 inactive=60s;
open_file_cache_valid 5s;
open_file_cache_min_uses 1;

# For what Django sends, and for files that were not compressed beforehand. text/html is always in.
gzip on;
gzip_vary on;
gzip_proxied any;
gzip_comp_level 5;
gzip_min_length 1024;
gzip_types ${compressibleTypes.join(' ')};
${place.brotli.filter ? `brotli on;\nbrotli_comp_level 4;\nbrotli_min_length 1024;\nbrotli_types ${compressibleTypes.join(' ')};\n` : ''}`;
}

const patience = `# A client that is slower than this between two of its packets is not served to the end.
client_header_timeout 10s;
client_body_timeout 10s;
send_timeout 10s;
client_header_buffer_size 2k;
large_client_header_buffers 4 32k;
client_body_buffer_size 64k;
`;

function limits(place: EdgePlace): string {
  const { requestsPerSecond } = place.limits ?? standardLimits;
  return `limit_conn_zone $binary_remote_addr zone=roadie_connections:4m;
limit_req_zone $binary_remote_addr zone=roadie_requests:4m rate=${requestsPerSecond}r/s;
# Webhooks: hosts of repositories call a few times for each push.
limit_req_zone $binary_remote_addr zone=roadie_hooks:1m rate=5r/s;
limit_conn_status 429;
limit_req_status 429;
limit_conn_log_level warn;
limit_req_log_level warn;
`;
}

/** Mozilla's intermediate profile. */
const tls = `ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
ssl_prefer_server_ciphers off;
ssl_ecdh_curve X25519:prime256v1:secp384r1;
ssl_session_cache shared:roadie_tls:10m;
ssl_session_timeout 1d;
# Ticket keys would have to be rotated; the shared cache does the same without them.
ssl_session_tickets off;
`;

const maps = `# Only WebSocket may change the protocol: anything else ('h2c') would smuggle requests past these rules.
map $http_upgrade $roadie_upgrade {
    default '';
    ~*^websocket$ websocket;
}
map $http_upgrade $roadie_connection {
    default close;
    ~*^websocket$ upgrade;
}

# Who waits for what comes some day: a WebSocket, a stream of events.
map "$http_upgrade $http_accept" $roadie_long {
    default '';
    "~*^websocket " 1;
    ~*text/event-stream 1;
}

# What is never served from a folder: dot files, code, databases.
map $uri $roadie_hidden {
    default 0;
    ~*(?:/\\.|\\.(?:py[cod]?|sqlite3?|db|sqlite3?-(?:wal|shm|journal))$) 1;
}
# Twelve hexadecimal digits before the extension are the hash of the content, so this name never has another.
map $uri $roadie_static_cache {
    default 'public, max-age=600';
    '~\\.[0-9a-f]{12}\\.[^./]+$' 'public, max-age=31536000, immutable';
}
# Uploads that a browser would run as a page of the site are saved instead.
map $uri $roadie_media_disposition {
    default '';
    ~*\\.(?:s?html?|xht(?:ml)?|svgz?|xml|xslt?|mht(?:ml)?|swf)$ attachment;
}
# Chromium shows no PDF in a sandbox.
map $uri $roadie_media_policy {
    default "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";
    ~*\\.pdf$ '';
}

${securityMaps}`;

/** Servers for names that no site has, and the private socket that tells whether NGINX is ready. */
function nobody(place: EdgePlace): string {
  const { http, https } = edgePorts(place.sites);
  const listen = (ports: readonly number[], flags: string) =>
    ports
      .flatMap((port) =>
        place.addresses.map(
          (address) => `    listen ${endpoint(address, port)}${flags} default_server backlog=${backlog};\n`,
        ),
      )
      .join('');
  const refuse = `    server_name _;\n    return 444;\n`;
  return `${http.length > 0 ? `server {\n${listen(http, '')}${refuse}}\n` : ''}${https.length > 0 ? `server {\n${listen(https, ' ssl http2')}    ssl_reject_handshake on;\n${refuse}}\n` : ''}server {
    listen ${quoted(`unix:${edgePaths(place).status}`)};
    server_name roadie;
    location = /ready {
        default_type text/plain;
        return 200 "ready\\n";
    }
    location = /status {
        stub_status;
    }
    location / {
        return 404;
    }
}
`;
}
