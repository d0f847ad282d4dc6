import { createHmac } from 'node:crypto';
import { join, posix } from 'node:path';

import type { Blueprint } from '../../blueprint/blueprint.ts';
import { planInstall } from '../../build/dependencies.ts';
import { certificatePaths } from '../../certificates/ensure.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import type { Probe } from '../../django/facts.ts';
import { readProbe } from '../../django/probe/probe.ts';
import { containerPythonFiles } from '../../django/read/install.ts';
import { readBytes, readText } from '../../machine/files/files.ts';
import { linkTarget } from '../../machine/files/links.ts';
import { readInside } from '../../machine/processes/inside.ts';
import { run } from '../../machine/processes/run.ts';
import { readSystem } from '../../machine/system.ts';
import { must, type Problem, ProblemError } from '../../problems/problem.ts';
import { typed } from '../../problems/shell-word.ts';
import { runStep } from '../../build/step.ts';
import type { ReleaseRecord, SiteRecord } from '../../sites/record.ts';
import { siteEnvironment, userOf } from '../../sites/site-environment.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import {
  allSecrets,
  certificateSecret,
  containerCelery,
  containerEnvironment,
  containerOverrides,
  containerPlace,
  containerData,
  containerRelease,
  type KeptLink,
  keySecret,
  type OwnSecret,
  ownSecrets,
  overriddenProbe,
  renderCompose,
  type Unable,
  unableFile,
  unableComponents,
} from '../../targets/compose/index.ts';
import { type JobContext, knownSite } from '../context.ts';

/** A site as files for another kind of place, from its live release. Changes nothing. */
export async function exportSite(request: JobOf<'export'>, context: JobContext): Promise<JobResults['export']> {
  const record = await knownSite(context, request.site);
  const { release, blueprint } = record;
  if (!release || !blueprint) throw noRelease(record);
  refuseUnable(record.name, blueprint);
  const secrets = secretsOf(record);
  const place = containerPlace({
    site: record.name,
    domains: record.domains,
    machine: await readSystem(),
    secrets: Object.keys(secrets),
  });
  const environment = containerEnvironment({
    blueprint,
    place,
    secrets,
    owner: record.ownerEnvironment,
    live: release.environment,
  });
  const report = { job: context.id, site: record.name, emit: context.emit, log: context.log };
  const asked = { name: 'settings', title: 'Ask Django about its settings in containers' };
  const answer = Promise.withResolvers<Probe>();
  await runStep(asked, report, async () =>
    answer.resolve(await askSettings(record, release, environment.values, context)),
  );
  const settings = await answer.promise;
  const code = join(release.folder, 'code');
  const overrides = containerOverrides(blueprint, place, settings, code);
  const kept = await keptLinks(release, code, join(context.layout.sites, record.name, 'data'));
  const own = ownSecrets((release.own ?? []).map(({ path }) => path));
  const input = {
    blueprint,
    own,
    celeryUrl: containerCelery(blueprint, place, settings),
    fixtures: release.fixtures ?? [],
    place,
    overrides,
    release: containerRelease(release, {
      environment: environment.environment,
      probe: overriddenProbe(release.probe, settings, overrides),
      root: posix.relative(code, release.root),
      liveMedia: join(context.layout.sites, record.name, 'data', 'media'),
    }),
    kept,
    install: must(await planInstall(blueprint.dependencies, (path) => readInside(code, path), 'pip')),
    python: await pythonFiles(),
  };
  const values: Readonly<Record<string, string>> = {
    ...secrets,
    ...environment.secrets,
    ...(await contentsOf(own, code, kept, record.name)),
    ...(await certificateOf(record, context)),
  };
  return {
    site: record.name,
    release: release.id,
    files: [...renderCompose(input)],
    secrets: Object.fromEntries(allSecrets(input).map((name) => [name, values[name] ?? ''])),
    code: {
      folder: code,
      links: kept.map(({ path }) => path),
      shipped: join(release.folder, 'shipped'),
      own: own.map(({ path }) => path),
    },
    overrides: [...overrides],
  };
}

/** The site's own, and one that only containers need: the same with each export. */
function secretsOf({ secrets }: SiteRecord): Readonly<Record<string, string>> {
  const key = secrets['secret-key'] ?? '';
  return {
    ...secrets,
    'database-superuser-password': createHmac('sha256', key).update('database-superuser-password').digest('hex'),
  };
}

/** What of the live release's code leads to the site's data, as it leads there in the containers. */
async function keptLinks({ kept }: ReleaseRecord, code: string, data: string) {
  const links = [];
  for (const { path, kind } of kept ?? []) {
    const target = await linkTarget(posix.join(code, path));
    if (target?.startsWith(`${data}/`) === true)
      links.push({ path, kind, target: posix.join(containerData, target.slice(data.length)) });
  }
  return links;
}

/** The owner's own files by the names of their secrets. Throws for one that cannot be mounted. */
async function contentsOf(
  own: readonly OwnSecret[],
  code: string,
  kept: readonly KeptLink[],
  site: string,
): Promise<Readonly<Record<string, string>>> {
  const contents: Record<string, string> = {};
  for (const { path, secret } of own) {
    const content = (await readBytes(join(code, path))) ?? new Uint8Array();
    const why = unableFile(
      path,
      content,
      kept.map((link) => link.path),
    );
    if (why !== undefined)
      throw new ProblemError({
        code: 'export-impossible',
        summary: `Your file ${path} cannot be given to containers: ${why}`,
        where: { file: path },
        cure: [
          `Keep it elsewhere, where your settings can be led to it by a variable, and take it back: \`roadie file remove ${site} ${typed(path)}\`.`,
        ],
      });
    contents[secret] = Buffer.from(content).toString();
  }
  return contents;
}

/** Its overlay is the machine's: what the settings say without it is asked for. */
const withoutOverlay = `import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "roadie_overlay"]
`;

/** The settings of the live release, as they are in the containers' environment. Throws where they cannot be loaded with it. */
async function askSettings(
  record: SiteRecord,
  release: ReleaseRecord,
  environment: Readonly<Record<string, string>>,
  context: JobContext,
): Promise<Probe> {
  const live = siteEnvironment(record, release);
  const user = userOf(live);
  const result = await run([posix.join(release.bin, 'python'), '-', 'settings'], {
    directory: live.root,
    environment: { ...environment, PATH: live.environment['PATH'] ?? '', HOME: live.environment['HOME'] ?? '/' },
    input: `${withoutOverlay}${(await readText(posix.join(pythonFolder, 'probe.py'))) ?? ''}`,
    timeoutSeconds: 120,
    log: context.log,
    ...(user && { user }),
    ...(context.confiner && {
      confined: { confiner: context.confiner, site: record.name, name: 'run', view: live.view },
    }),
  });
  const answer = readProbe(result.stdout, result.timedOut ? 'It did not end within 120 seconds.' : result.stderr);
  if (answer.kind === 'probe') return answer.probe;
  if (answer.kind === 'failed') throw new ProblemError(answer.problem);
  throw new ProblemError({
    code: 'missing-variables',
    summary: `The settings need ${answer.names.join(', ')} in containers, and did not on this machine`,
    detail: answer.failure.traceback,
    cure: [`$ roadie env set ${record.name} ${answer.names.map((name) => `${name}=VALUE`).join(' ')}`],
  });
}

async function pythonFiles(): Promise<Readonly<Record<string, string>>> {
  const files = await Promise.all(
    containerPythonFiles.map(async (name) => [name, (await readText(posix.join(pythonFolder, name))) ?? ''] as const),
  );
  return Object.fromEntries(files);
}

async function certificateOf(record: SiteRecord, context: JobContext): Promise<Readonly<Record<string, string>>> {
  const { chain, key } = certificatePaths(context.layout.edge, record.name);
  return { [certificateSecret]: (await readText(chain)) ?? '', [keySecret]: (await readText(key)) ?? '' };
}

function noRelease(record: SiteRecord): ProblemError {
  return new ProblemError({
    code: 'export-impossible',
    summary: `The site ${record.name} has no live release`,
    cure: [`$ roadie up ${record.request.source} --name ${record.name}`],
  });
}

function refuseUnable(site: string, blueprint: Blueprint): void {
  const [first, ...rest] = unableComponents(blueprint).map((unable) => refusal(site, unable));
  if (first) throw new ProblemError(first, ...rest);
}

function refusal(site: string, { title, key, instead }: Unable): Problem {
  const [other] = instead;
  return {
    code: 'export-impossible',
    summary: `${site} uses ${title}, which Roadie cannot run in containers`,
    where: { file: 'roadie.toml' },
    cure:
      key !== undefined && other
        ? [
            `Choose ${instead.map((each) => each.title).join(' or ')} in roadie.toml (${key} = "${other.name}"), and bring the site up with that: \`roadie up\`.`,
          ]
        : [`Bring the site up without ${title}.`],
  };
}
