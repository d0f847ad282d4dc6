import type { Connection } from '../connection.ts';
import { databaseOverrides } from './overlay-database.ts';
import { purposeOf } from '../environment/environment-names.ts';
import type { Override, Probe, Purpose } from '../facts.ts';
import { brokerOverrides } from './overlay-broker.ts';
import { cacheOverrides } from './overlay-cache.ts';
import { queueOverrides } from './overlay-queues.ts';
import { cacheOf } from '../endpoints.ts';
import { hostIsAllowed, origins, originIsTrusted } from '../environment/origins.ts';
import { atLeast } from '../read/versions.ts';

/** What production needs. Folders are absolute. */
export type OverlayInput = {
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
  readonly connections: readonly Connection[];
  /** Where collectstatic writes, in the release. */
  readonly staticRoot: string;
  /** Where uploads are kept, outside every release. */
  readonly mediaRoot: string;
  /** Given where the project's own is weak. */
  readonly secretKey: string;
  /** Whether visitors come over HTTPS. */
  readonly https: boolean;
  /** Names of the variables that the owner set: what the owner chose is not overridden. */
  readonly owner: readonly string[];
};

/** First HSTS age in seconds: an hour, so that a mistake is soon forgotten by browsers. */
const firstHstsSeconds = 3600;

/** The settings that still differ from what production needs, with the reason for each; empty where nothing does. */
export function decideOverrides(probe: Probe, wanted: OverlayInput): readonly Override[] {
  const chosen = new Set<Purpose>(wanted.owner.map((name) => purposeOf(name, [])));
  return [
    ...debugAndKey(probe, wanted),
    ...assets(probe, wanted),
    ...hosts(probe, wanted),
    ...databaseOverrides(probe, wanted.connections, chosen),
    ...brokerOverrides(probe, wanted.connections, chosen, cacheOf(wanted.connections)),
    ...cacheOverrides(probe, wanted.connections, chosen),
    ...queueOverrides(probe, wanted.connections, chosen),
    ...folders(probe, wanted, chosen),
    ...logs(probe),
    ...(wanted.https ? https(probe, wanted) : []),
  ];
}

function debugAndKey(probe: Probe, wanted: OverlayInput): readonly Override[] {
  return [
    ...(probe.debug
      ? [
          {
            setting: 'DEBUG',
            value: false,
            because: 'it is on, and would show code and settings to every visitor who meets an error',
          },
        ]
      : []),
    ...(probe.secretKeyStrength === 'weak'
      ? [
          {
            setting: 'SECRET_KEY',
            value: wanted.secretKey,
            because: "it is empty, short or stands in the project's code; a generated one is used and kept",
          },
        ]
      : []),
  ];
}

function assets(probe: Probe, { staticRoot }: OverlayInput): readonly Override[] {
  const development = (probe.developmentAssets ?? []).map((setting) => ({
    setting,
    value: false,
    because: 'it is on, and visitors do not reach the development server that pages would load their scripts from',
  }));
  // Later it asks STATIC_ROOT.
  if (!probe.installedApps.includes('sass_processor') || atLeast(probe.djangoVersion, '4.2')) return development;
  const because = 'style sheets that are compiled belong to the release';
  return [...development, { setting: 'SASS_PROCESSOR_ROOT', value: staticRoot, because }];
}

function hosts(probe: Probe, wanted: OverlayInput): readonly Override[] {
  const missing = wanted.domains.filter((domain) => !hostIsAllowed(domain, probe.allowedHosts));
  const allowed: readonly Override[] =
    missing.length === 0
      ? []
      : [
          {
            setting: 'ALLOWED_HOSTS',
            value: [...probe.allowedHosts, ...missing],
            because: `${missing.join(', ')} would be answered with 400`,
          },
        ];
  // Without a port, Django compares the origin with the request's own host and needs no list.
  if (!wanted.https || wanted.ports.https === 443) return allowed;
  const modern = atLeast(probe.djangoVersion, '4.0');
  const untrusted = origins(wanted.domains, wanted.ports, modern).filter(
    (origin) => !originIsTrusted(origin, probe.csrfTrustedOrigins),
  );
  if (untrusted.length === 0) return allowed;
  return [
    ...allowed,
    {
      setting: 'CSRF_TRUSTED_ORIGINS',
      value: [...probe.csrfTrustedOrigins, ...untrusted],
      because: `forms sent from port ${wanted.ports.https} would be refused with 403`,
    },
  ];
}

function folders(probe: Probe, wanted: OverlayInput, chosen: ReadonlySet<Purpose>): readonly Override[] {
  const result: Override[] = [];
  if (!chosen.has('static-root') && probe.staticRoot !== wanted.staticRoot) {
    const because =
      probe.staticRoot === null
        ? 'it is not set, and collectstatic needs it'
        : `static files belong to the release, not to ${probe.staticRoot}`;
    result.push({ setting: 'STATIC_ROOT', value: wanted.staticRoot, because });
    const shipped = probe.unclaimedStatic ?? [];
    const from = probe.staticRoot ?? '';
    if (shipped.length > 0)
      result.push({
        setting: 'STATICFILES_DIRS',
        value: { append: shipped.map((folder) => [folder, `${from}/${folder}`]) },
        because: `the project ships ${shipped.join(', ')} in ${from} and nowhere else`,
      });
  }
  const data = wanted.mediaRoot.slice(0, wanted.mediaRoot.lastIndexOf('/') + 1);
  if (!chosen.has('media-root') && !probe.mediaRoot.startsWith(data)) {
    const because =
      probe.mediaRoot === ''
        ? 'it is not set, and uploads would go into the code'
        : `uploads must outlive a release, and ${probe.mediaRoot} does not`;
    result.push({ setting: 'MEDIA_ROOT', value: wanted.mediaRoot, because });
  }
  return [...result, ...uploads(probe)];
}

/** What the edge serves it reads by its group; large uploads have the mode of a temporary file, unless the settings say another. */
function uploads(probe: Probe): readonly Override[] {
  const because = 'the edge could not read uploads otherwise, the large ones at least';
  const { uploadPermissions: file, uploadFolderPermissions: folder } = probe;
  return [
    ...(file === undefined || (file !== null && (file & 0o040) !== 0)
      ? []
      : [{ setting: 'FILE_UPLOAD_PERMISSIONS', value: (file ?? 0o600) | 0o040, because }]),
    ...(folder === undefined || folder === null || (folder & 0o050) === 0o050
      ? []
      : [{ setting: 'FILE_UPLOAD_DIRECTORY_PERMISSIONS', value: folder | 0o050, because }]),
  ];
}

function logs(probe: Probe): readonly Override[] {
  return Object.entries(probe.fileLogs ?? {}).map(([name, value]) => ({
    setting: `LOGGING.handlers.${name}`,
    value,
    because: "it writes into the code or where the site may not; its lines go to the service's log",
  }));
}

function https(probe: Probe, wanted: OverlayInput): readonly Override[] {
  const off = (setting: string): boolean =>
    probe.security[setting] === false || probe.security[setting] === 0 || probe.security[setting] === null;
  const result: Override[] = [];
  if (off('SESSION_COOKIE_SECURE'))
    result.push({
      setting: 'SESSION_COOKIE_SECURE',
      value: true,
      because: 'the site has HTTPS: session cookies must not travel without it',
    });
  if (off('CSRF_COOKIE_SECURE'))
    result.push({
      setting: 'CSRF_COOKIE_SECURE',
      value: true,
      because: 'the site has HTTPS: CSRF cookies must not travel without it',
    });
  if (!probe.middleware.includes('django.middleware.security.SecurityMiddleware')) return result;
  const header = probe.security['SECURE_PROXY_SSL_HEADER'];
  // The edge sends 'https' in X-Forwarded-Proto and clears its relatives: any other wish would redirect for ever.
  const schemeIsKnown =
    header === null ||
    header === undefined ||
    header === 'HTTP_X_FORWARDED_PROTO=https' ||
    !String(header).startsWith('HTTP_X_FORWARDED_PROTO=');
  if (off('SECURE_SSL_REDIRECT') && schemeIsKnown)
    result.push({
      setting: 'SECURE_SSL_REDIRECT',
      value: true,
      because: 'the edge redirects to HTTPS already; Django does so too, should a request reach it another way',
    });
  if (probe.security['SECURE_SSL_REDIRECT'] === true && !schemeIsKnown) {
    result.push({
      setting: 'SECURE_PROXY_SSL_HEADER',
      value: ['HTTP_X_FORWARDED_PROTO', 'https'],
      because: 'the edge says the scheme in X-Forwarded-Proto, and the project would redirect for ever',
    });
  }
  // A browser keeps the port when it upgrades: with HSTS, http on port 8080 could no longer be reached to be redirected.
  if (off('SECURE_HSTS_SECONDS') && wanted.ports.https === 443 && wanted.ports.http === 80) {
    result.push({
      setting: 'SECURE_HSTS_SECONDS',
      value: firstHstsSeconds,
      because: 'browsers shall ask for HTTPS by themselves; an hour at first, more once it has proven itself',
    });
  }
  return result;
}
