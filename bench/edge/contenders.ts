import { availableParallelism } from 'node:os';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { EdgePlace } from '../../src/components/edge/place.ts';
import type { SiteInput } from '../../src/components/edge/site-input.ts';
import { edgePaths } from '../../src/components/nginx/index.ts';
import { mainConfiguration } from '../../src/components/nginx/main-configuration.ts';
import { mimeTypes } from '../../src/components/nginx/types.ts';
import { siteBody, upstream } from '../../src/components/nginx/site-configuration.ts';
import type { Material } from './project.ts';

/** One way to serve the material on a port of 127.0.0.1, over plain HTTP. */
export type Contender = {
  readonly name: string;
  readonly port: number;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
};

const modules = '/usr/lib/nginx/modules';

/** Our configuration from the very functions that `up` uses; only the addresses are the bench's, and the limits for one client are raised. */
export async function roadie(folder: string, port: number, material: Material, socket: string): Promise<Contender> {
  const limits = { requestsPerSecond: 1_000_000, connections: 60_000 };
  const place: EdgePlace = {
    folder,
    run: folder,
    program: '/usr/sbin/nginx',
    modules,
    brotli: { static: true, filter: true },
    user: { uid: 33, gid: 33, name: 'www-data' },
    cores: availableParallelism(),
    addresses: ['127.0.0.1'],
    sites: [],
    limits,
  };
  const paths = edgePaths(place);
  await mkdir(paths.temp, { recursive: true });
  const site: SiteInput = {
    site: 'bench',
    domains: ['localhost'],
    ports: { http: port, https: 0 },
    addresses: ['127.0.0.1'],
    certificate: { chain: '', key: '' },
    webSocket: socket,
    static: { url: '/static/', folder: material.static, within: material.static },
    media: { url: '/media/', folder: material.static, within: material.static },
    uploadLimitMb: 25,
    answerSeconds: 65,
    brotliStatic: true,
    framesByDjango: true,
    hsts: null,
    retry: true,
    accessLog: join(folder, 'access.log'),
    acme: paths.acme,
    pages: paths.pages,
    limits,
  };
  await writeFile(paths.types, mimeTypes());
  await writeFile(paths.main, mainConfiguration(place));
  await writeFile(
    paths.enabled,
    `${upstream(site)}server {\nlisten 127.0.0.1:${port} backlog=4096;\nserver_name localhost;\naccess_log ${site.accessLog} roadie buffer=64k flush=2s;\n${siteBody(site, 'http')}}\n`,
  );
  return { name: 'Roadie', port, command: ['/usr/sbin/nginx', '-c', paths.main] };
}

/** Debian's nginx.conf as it is shipped, with the site that the tutorials show for Gunicorn. */
export async function tutorial(folder: string, port: number, material: Material, socket: string): Promise<Contender> {
  const shipped = await readFile('/etc/nginx/nginx.conf', 'utf8');
  const main = shipped
    .replace(/^pid .*$/m, `pid ${folder}/nginx.pid;`)
    .replace(/^error_log .*$/m, `error_log ${folder}/error.log;`)
    .replace(/^include \/etc\/nginx\/modules-enabled.*$/m, '')
    .replace(/^\s*access_log .*$/m, `access_log ${folder}/access.log;`)
    .replace(/^\s*include \/etc\/nginx\/conf\.d.*$/m, temporary(folder))
    .replace(/^\s*include \/etc\/nginx\/sites-enabled.*$/m, `include ${folder}/site.conf;`);
  if (!main.includes(`${folder}/access.log`) || !main.includes(`${folder}/site.conf`))
    throw new Error("Debian's nginx.conf is not as expected");
  await writeFile(join(folder, 'nginx.conf'), main);
  await writeFile(
    join(folder, 'site.conf'),
    `server {
    listen 127.0.0.1:${port};
    server_name localhost;
    location = /favicon.ico { access_log off; log_not_found off; }
    location /static/ {
        alias ${material.static}/;
    }
    location / {
        include /etc/nginx/proxy_params;
        proxy_pass http://unix:${socket};
    }
}
`,
  );
  return {
    name: "tutorial's NGINX",
    port,
    command: ['/usr/sbin/nginx', '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
  };
}

/** What someone who knows NGINX well would write for speed alone: no limits, no security headers, no rules about files. */
export async function handTuned(folder: string, port: number, material: Material, socket: string): Promise<Contender> {
  await writeFile(
    join(folder, 'nginx.conf'),
    `user www-data;
worker_processes auto;
worker_rlimit_nofile 16384;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
load_module ${modules}/ngx_http_brotli_static_module.so;
events { worker_connections 4096; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ${temporary(folder)}
    access_log ${folder}/access.log combined buffer=64k flush=2s;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000;
    open_file_cache max=4096 inactive=60s;
    open_file_cache_valid 60s;
    open_file_cache_errors on;
    gzip on;
    gzip_vary on;
    gzip_min_length 1024;
    gzip_types text/css text/javascript application/javascript application/json image/svg+xml;
    upstream app { server unix:${socket}; }
    server {
        listen 127.0.0.1:${port} backlog=4096;
        server_name localhost;
        location /static/ {
            alias ${material.static}/;
            expires 1y;
            gzip_static on;
            brotli_static on;
        }
        location / {
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }
    }
}
`,
  );
  return { name: 'hand-tuned NGINX', port, command: ['/usr/sbin/nginx', '-c', join(folder, 'nginx.conf')] };
}

/** Debian's Caddy with the usual directives, told to use the compressed copies and to write an access log. */
export async function caddy(folder: string, port: number, material: Material, socket: string): Promise<Contender> {
  await writeFile(
    join(folder, 'Caddyfile'),
    `{
    admin off
    auto_https off
}
http://127.0.0.1:${port}, http://localhost:${port} {
    bind 127.0.0.1
    log {
        output file ${folder}/access.log
    }
    encode zstd gzip
    handle_path /static/* {
        root * ${material.static}
        file_server {
            precompressed br gzip
        }
    }
    handle {
        reverse_proxy unix/${socket}
    }
}
`,
  );
  return {
    name: 'Caddy',
    port,
    command: ['/usr/bin/caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    environment: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  };
}

/** The Gunicorn that the proxies share, and the one that serves all by itself with WhiteNoise: the same but for the address. */
export function gunicorn(
  python: string,
  material: Material,
  workers: number,
  bind: string,
  module: 'plain' | 'noise',
): readonly [string, ...string[]] {
  return [
    python,
    '-m',
    'gunicorn',
    '--chdir',
    material.folder,
    '--workers',
    String(workers),
    '--worker-class',
    'gthread',
    '--threads',
    '4',
    '--umask',
    '0',
    '--bind',
    bind,
    '--backlog',
    '2048',
    '--log-level',
    'warning',
    `${module}:application`,
  ];
}

function temporary(folder: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
}
