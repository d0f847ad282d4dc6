import { compressedEndings } from '../edge/mime-types.ts';
import { ownHeaders } from '../edge/security-headers.ts';
import { isFolderUrl, type ServedFolder, type SiteInput } from '../edge/site-input.ts';
import { requestHeaders } from './request-headers.ts';
import { tooLargePage, tooSlowPage } from '../edge/unavailable-page.ts';
import { pattern, quoted, word } from './text.ts';

/** One site's file for Apache. `codedTypes`: the map of content types for compressed copies. */
export function siteConfiguration(input: SiteInput, codedTypes: string): string {
  const [first, ...others] = input.domains.map(domain);
  const names = `    ServerName ${first}\n${others.length > 0 ? `    ServerAlias ${others.join(' ')}\n` : ''}`;
  const { http, https } = input.ports;
  return `# Written by Roadie for the site ${input.site}. Changes made here are undone by the next \`roadie up\`.
<VirtualHost *:${http}>
${names}    CustomLog ${quoted(input.accessLog)} roadie
${headers(ownHeaders(null))}    Alias "/.well-known/acme-challenge/" ${quoted(`${input.acme}/.well-known/acme-challenge/`)}
    <Directory ${quoted(`${input.acme}/.well-known/acme-challenge`)}>
        Options None
        Require all granted
        ForceType text/plain
    </Directory>
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteCond "%{REQUEST_URI}" "!^/\\.well-known/acme-challenge/"
    RewriteCond "%{THE_REQUEST}" "^\\S+ (?:[a-z]+://[^/\\s]*)?(/[^?\\s]*)" [NC]
    RewriteRule ^ ${word(`https://%{SERVER_NAME}${https === 443 ? '' : `:${https}`}%1`)} [R=301,L,NE]
</VirtualHost>

<VirtualHost *:${https}>
${names}    CustomLog ${quoted(input.accessLog)} roadie
    Protocols h2 http/1.1
    SSLEngine On
    SSLCertificateFile ${quoted(input.certificate.chain)}
    SSLCertificateKeyFile ${quoted(input.certificate.key)}
${uploadLimit(input.uploadLimitMb * 1024 * 1024)}    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteMap types ${word(`txt:${codedTypes}`)}
${ownPages(input)}${input.static ? staticFolder(input.static, input) : ''}${input.media ? mediaFolder(input.media, input) : ''}${application(input)}</VirtualHost>
`;
}

/**
 * Apache holds a body to its limit only where it spools it, and it streams one whose length is told: that is looked at beforehand.
 * Source: LimitRequestBody and proxy-sendcl in Apache's documentation.
 */
function uploadLimit(bytes: number): string {
  if (bytes === 0) return '    LimitRequestBody 0\n';
  return `    LimitRequestBody ${bytes}
    SetEnv proxy-sendcl 1
    RewriteEngine On
    RewriteCond expr "%{HTTP:Content-Length} -gt ${bytes}"
    RewriteRule ^ - [R=413,L]
`;
}

function domain(name: string): string {
  if (!/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(name))
    throw new Error(`${JSON.stringify(name)} is not a domain`);
  return name.toLowerCase();
}

function headers(all: Readonly<Record<string, string>>, indent = 4): string {
  return Object.entries(all)
    .map(([name, value]) => `${' '.repeat(indent)}Header always set ${name} ${word(value)}\n`)
    .join('');
}

/** Pages of the edge's own that stand in for an answer: nobody can ask for them. */
function ownPages(input: SiteInput): string {
  const own = {
    ...ownHeaders(input.hsts),
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'Cache-Control': 'no-store',
  };
  return `    ErrorDocument 413 ${quoted(tooLargePage(input.uploadLimitMb))}
    ErrorDocument 502 /.roadie/unavailable.html
    ErrorDocument 503 /.roadie/unavailable.html
    ErrorDocument 504 ${quoted(tooSlowPage(input.answerSeconds))}
    RewriteCond "%{ENV:REDIRECT_STATUS}" "^$"
    RewriteRule "^/\\.roadie/(?!hook$)" - [R=404,L]
    Alias "/.roadie/" ${quoted(`${input.pages}/`)}
    <Directory ${quoted(input.pages)}>
        Options None
        Require all granted
    </Directory>
    <Location "/.roadie/">
${headers(own, 8)}        Header always set Retry-After 10 "expr=%{REQUEST_STATUS} =~ /^50/"
    </Location>
`;
}

/** What is never served from a folder: dot files, code, databases. */
const hidden = String.raw`(?:/\.|\.(?:py[cod]?|sqlite3?|db|sqlite3?-(?:wal|shm|journal))$)`;

function staticFolder(served: ServedFolder, { hsts }: SiteInput): string {
  const url = folderUrl(served);
  const folder = withoutSlash(served.folder);
  return `${folderRules(
    served,
    `        # Twelve hexadecimal digits before the extension are the hash of the content, so this name never has another.
        Header set Cache-Control "public, max-age=600"
        Header set Cache-Control "public, max-age=31536000, immutable" "expr=%{REQUEST_URI} =~ m#\\\\.[0-9a-f]{12}\\\\.[^./]+(?:\\\\.(?:br|gz))?$#"
        Header set Content-Encoding br "expr=reqenv('roadie_coding') == 'br'"
        Header set Content-Encoding gzip "expr=reqenv('roadie_coding') == 'gzip'"
        Header merge Vary Accept-Encoding "expr=%{REQUEST_URI} =~ m#\\\\.(?:${compressedEndings.join('|')})(?:\\\\.(?:br|gz))?$#"
${headers(ownHeaders(hsts), 8)}`,
  )}${coded(url, folder, 'br', 'br')}${coded(url, folder, 'gzip', 'gz')}`;
}

/** Sends the compressed copy that a release has of a file, to whoever takes it. */
function coded(url: string, folder: string, coding: string, ending: string): string {
  const taken = String.raw`(?:^|,)\s*${coding}\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[0-9.]+\s*)?(?:,|$)`;
  return `    RewriteCond "%{HTTP:Accept-Encoding}" "${taken}" [NC]
    RewriteCond "${folder}/$1.${ending}" -f
    RewriteRule "^${pattern(url)}(.+\\.(${compressedEndings.join('|')}))$" "${url}$1.${ending}" [PT,L,T=\${types:$2|application/octet-stream},E=roadie_coding:${coding},E=no-gzip:1,E=no-brotli:1]
`;
}

function mediaFolder(served: ServedFolder, { hsts }: SiteInput): string {
  return folderRules(
    served,
    `        # What somebody uploaded is theirs, not the site's: it may not act as a page of it.
        Header set Cache-Control "max-age=600"
        Header set Content-Disposition attachment "expr=%{REQUEST_URI} =~ m#\\\\.(?:s?html?|xht(?:ml)?|svgz?|xml|xslt?|mht(?:ml)?|swf)$#i"
        Header always set Content-Security-Policy "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox" "expr=! %{REQUEST_URI} =~ m#\\\\.pdf$#i"
${headers(ownHeaders(hsts), 8)}`,
  );
}

function folderRules(served: ServedFolder, rules: string): string {
  const url = folderUrl(served);
  return `    RewriteCond "%{REQUEST_URI}" "${hidden}" [NC]
    RewriteRule "^${pattern(url)}" - [R=404,L]
    Alias ${quoted(url)} ${quoted(`${withoutSlash(served.folder)}/`)}
    <Directory ${quoted(withoutSlash(served.within))}>
        # No links below it.
        Options None
        Require all granted
    </Directory>
    <Location ${quoted(url)}>
${rules}    </Location>
`;
}

/** What Django answers; the headers that it has not set itself, and no second time. */
function application(input: SiteInput): string {
  const missing = (name: string, value: string): string =>
    `        Header always set ${name} ${value} "expr=-z resp('${name}')"\n`;
  const { hookSocket, site } = input;
  return `    ProxyPreserveHost On
    ProxyAddHeaders Off
    <Location "/">
        # Apache says its own name in the place of the application server's.
        Header unset Server
        # For NGINX: with flushpackets what streams goes out as it comes.
        Header unset X-Accel-Buffering
${missing('X-Content-Type-Options', 'nosniff')}${missing('Referrer-Policy', 'same-origin')}${input.framesByDjango ? '' : missing('X-Frame-Options', 'SAMEORIGIN')}    </Location>
${requestHeaders(input).replaceAll(/^(?=.)/gm, '    ')}${input.static ? `    ProxyPass ${quoted(folderUrl(input.static))} "!"\n` : ''}${input.media ? `    ProxyPass ${quoted(folderUrl(input.media))} "!"\n` : ''}${
    hookSocket === undefined
      ? ''
      : `    ProxyPass "/.roadie/hook" ${quoted(`unix:${hookSocket}|http://roadie-hook-${site}/${site}`)} retry=0 disablereuse=On connectiontimeout=5 timeout=10
    <Location "/.roadie/hook">
        LimitRequestBody 1048576
        RequestHeader set Host roadie
        <LimitExcept POST>
            Require all denied
        </LimitExcept>
    </Location>
`
  }    ProxyPass "/.roadie/" "!"
    # Each request has a connection of its own: a deploy would lose what is sent on an idle one. retry=0, or one refused connection
    # would close the site for a minute. The time-out is longer than the server's own, so that its answer comes and not ours.
    ProxyPass "/" ${quoted(`unix:${input.webSocket}|http://${site}.roadie/`)} retry=0 disablereuse=On connectiontimeout=10 timeout=${input.answerSeconds} flushpackets=auto responsefieldsize=65536 upgrade=websocket nocanon
`;
}

function folderUrl(served: ServedFolder): string {
  if (!isFolderUrl(served.url)) throw new Error(`${served.url} cannot be a folder's address`);
  return served.url;
}

function withoutSlash(folder: string): string {
  return folder.replace(/\/+$/, '');
}
