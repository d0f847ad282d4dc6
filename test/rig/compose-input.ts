import { buildBlueprint } from '../../src/blueprint/build-blueprint.ts';
import { planInstall } from '../../src/build/dependencies.ts';
import { readInside } from '../../src/machine/processes/inside.ts';
import type { Config } from '../../src/config/config.ts';
import type { Probe } from '../../src/django/facts.ts';
import { findFacts } from '../../src/django/read/find-facts.ts';
import { must } from '../../src/problems/problem.ts';
import { scanProject } from '../../src/source/scan-project.ts';
import { containerEnvironment } from '../../src/targets/compose/environment.ts';
import type { ComposeInput } from '../../src/targets/compose/input.ts';
import { containerCelery, containerOverrides, overriddenProbe } from '../../src/targets/compose/overrides.ts';
import { containerPlace, containerRelease } from '../../src/targets/compose/place.ts';
import { sampleProbe } from './samples.ts';

/** The secrets of the site: none of these may be in what is rendered. */
export const canarySecrets = {
  'secret-key': 'canary-secret-key',
  'database-password': 'canary-database-password',
  'database-superuser-password': 'canary-superuser-password',
} as const;

/** What a folder's project is exported from, as if Django had answered with a plain probe. */
export async function composeInput(
  folder: string,
  given: {
    readonly site: string;
    readonly owner?: Readonly<Record<string, string>>;
    readonly config?: Config;
    readonly probe?: Partial<Probe>;
  },
): Promise<ComposeInput> {
  const { site, owner = {}, config = {} } = given;
  const scan = await scanProject(folder, { python: 'python3' });
  const facts = must(findFacts({ ...scan, folder: '/project' }, config));
  const domains = [`${site}.example.org`] as const;
  const source = { kind: 'folder', path: '/project', revision: 'r' } as const;
  const blueprint = must(buildBlueprint({ site, source, facts, config, ownerEnvironment: owner }));
  const machine = { cores: 2, memoryBytes: 4 * 1024 ** 3 };
  const place = containerPlace({ site, domains, machine, secrets: Object.keys(canarySecrets) });
  const { environment } = containerEnvironment({ blueprint, place, secrets: canarySecrets, owner, live: {} });
  const live = '/var/lib/roadie/sites/live';
  const settings = sampleProbe({
    allowedHosts: [],
    secretKeyStrength: 'weak',
    installedApps: [...facts.installedApps],
    staticRoot: null,
    middleware: ['django.middleware.security.SecurityMiddleware'],
    security: { SECURE_SSL_REDIRECT: false, SECURE_HSTS_SECONDS: 0, SESSION_COOKIE_SECURE: false },
    distributions: { django: '5.2.1', gunicorn: '23.0.0', uvicorn: '0.30.0', odd: '1.0+local' },
    ...given.probe,
  });
  const overrides = containerOverrides(blueprint, place, settings, `${live}/releases/r1/code`);
  return {
    blueprint,
    place,
    overrides,
    release: containerRelease(
      {
        id: '20260102T030405',
        folder: `${live}/releases/r1`,
        root: `${live}/releases/r1/code`,
        bin: `${live}/releases/r1/venv/bin`,
        probe: settings,
        application: blueprint.facts.application.value,
        static: { url: '/static/', folder: `${live}/releases/r1/static` },
        media: { url: '/media/', folder: `${live}/data/media` },
        environment: {},
        healthPath: blueprint.healthPath,
      },
      {
        environment,
        probe: overriddenProbe(settings, settings, overrides),
        root: facts.root.value,
        liveMedia: `${live}/data/media`,
      },
    ),
    install: must(await planInstall(blueprint.dependencies, (path) => readInside(folder, path), 'pip')),
    kept: [],
    own: [],
    celeryUrl: containerCelery(blueprint, place, settings),
    fixtures: [],
    python: { 'roadie_container.py': '# container\n' },
  };
}
