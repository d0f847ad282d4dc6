import { join } from 'node:path';

import { compressibleTypes, contentTypes } from '../edge/mime-types.ts';
import { type EdgePlace, edgePorts } from '../edge/place.ts';
import { logFormat } from './access-line.ts';
import { apachePaths } from './place.ts';
import { clearedHeaders } from './request-headers.ts';
import { quoted, word } from './text.ts';

const modules = [
  'mpm_event',
  'authz_core',
  'alias',
  'mime',
  'headers',
  'env',
  'setenvif',
  'unique_id',
  'rewrite',
  'filter',
  'deflate',
  'brotli',
  'reqtimeout',
  'proxy',
  'proxy_http',
  'socache_shmcb',
  'ssl',
  'http2',
] as const;

/** Graceful ends of processes: transfers go on for so long. Seconds. */
export const graceSeconds = 30;

/** Content types that are text, for which a charset is told. */
const texts = Object.entries(contentTypes).filter(([type]) => /^text\/|json$/.test(type));

/** The host's apache.conf: everything that is not one site's, and the servers that answer for names which are nobody's. */
export function mainConfiguration(place: EdgePlace): string {
  const paths = apachePaths(place);
  const { http, https } = edgePorts(place.sites);
  const listen = [...http, ...https].flatMap((port) =>
    place.addresses.map((address) => `Listen ${address.includes(':') ? `[${address}]` : address}:${port}\n`),
  );
  return `# Written by Roadie. Changes made here are undone by the next \`roadie up\`.
ServerRoot ${quoted(paths.own)}
DefaultRuntimeDir ${quoted(place.run)}
PidFile ${quoted(paths.pid)}
${modules.map((name) => `LoadModule ${name}_module ${quoted(join(place.modules, `mod_${name}.so`))}\n`).join('')}${place.user ? `User ${place.user.name}\nGroup ${place.user.name}\n` : ''}${listen.join('')}
ServerName roadie.invalid
ServerTokens Prod
ServerSignature Off
TraceEnable Off
UseCanonicalName Off
HttpProtocolOptions Strict
FileETag MTime Size
EnableSendfile On
ErrorLog /dev/stderr
LogLevel warn proxy:error
LogFormat ${word(logFormat)} roadie

# Threads wait for what is under way; connections that only wait cost none.
StartServers 2
ThreadsPerChild 64
ServerLimit 8
MaxRequestWorkers 512
AsyncRequestWorkerFactor 8
ListenBacklog 4096
MaxConnectionsPerChild 0
GracefulShutdownTimeout ${graceSeconds}

# A client that is slower than this is not served to the end.
Timeout 10
KeepAliveTimeout 30
MaxKeepAliveRequests 10000
RequestReadTimeout handshake=10 header=10 body=10,MinRate=500
LimitRequestLine 32760
LimitRequestFieldSize 32760
LimitRequestFields 100

TypesConfig ${quoted(paths.types)}
AddCharset utf-8 ${texts.flatMap(([, endings]) => endings.split(' ').map((ending) => `.${ending}`)).join(' ')}

# Mozilla's intermediate profile.
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
SSLOpenSSLConfCmd Curves X25519:prime256v1:secp384r1
SSLHonorCipherOrder Off
SSLCompression Off
SSLSessionTickets Off
SSLSessionCache ${word(`shmcb:${join(place.run, 'tls')}(10485760)`)}
SSLStrictSNIVHostCheck On

# For what Django sends, and for files that were not compressed beforehand.
DeflateCompressionLevel 5
BrotliCompressionQuality 4
AddOutputFilterByType BROTLI_COMPRESS;DEFLATE text/html ${compressibleTypes.join(' ')}

<Directory "/">
    # Links above what is served: \`current\` is one.
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>

# What proxies, gateways and identity services tell an application: a visitor must not say it.
${clearedHeaders()}
${nobody(http, '')}${nobody(https, `    SSLEngine On\n    SSLCertificateFile ${quoted(paths.nobody)}\n`)}
# The sites that Apache accepts; ${paths.prepare} writes the list.
Include \${ROADIE_ENABLED}
`;
}

/** The first server of each port gets the requests for names that no site has. */
function nobody(ports: readonly number[], more: string): string {
  if (ports.length === 0) return '';
  return `<VirtualHost ${ports.map((port) => `*:${port}`).join(' ')}>
    ServerName nobody.invalid
${more}    RewriteEngine On
    RewriteRule ^ - [R=421,L]
</VirtualHost>
`;
}

/** The file of content types. */
export function mimeTypes(): string {
  return Object.entries(contentTypes)
    .map(([type, endings]) => `${type} ${endings}\n`)
    .join('');
}

/** Content types by ending, as a map for rewrite rules. */
export function codedTypes(): string {
  const told = new Set(texts.map(([type]) => type));
  return Object.entries(contentTypes)
    .flatMap(([type, endings]) =>
      endings.split(' ').map((ending) => `${ending} ${type}${told.has(type) ? ';charset=utf-8' : ''}\n`),
    )
    .join('');
}
