import { isAbsolute } from 'node:path';

import type { SiteRecord } from '../../sites/record.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import { parseChecks } from '../../django/probe/check-output.ts';
import { explainRisk, isBorder, type MigrationRisk } from '../../django/migrations/migrations.ts';
import { diskProblem, diskSpace } from '../../machine/files/disk.ts';
import { exists } from '../../machine/files/files.ts';
import { siteLayout } from '../../machine/layout.ts';
import { ProblemError } from '../../problems/problem.ts';
import { portCure, portText } from '../../supervisor/open-ports.ts';
import { edgeOfGroup, machineTarget } from '../../targets/machine/index.ts';
import { type JobContext, knownSite } from '../context.ts';
import { foreseenRisks } from '../read-project.ts';
import { writtenInCode } from '../written-in-code.ts';
import { appliedMigrations } from '../../sites/releases.ts';
import { typed } from '../../problems/shell-word.ts';

type Finding = JobResults['check']['findings'][number];

/** What is wrong with a site and how to fix it: Django's `check --deploy` in the live environment, and what Roadie sees. */
export async function check(request: JobOf<'check'>, context: JobContext): Promise<JobResults['check']> {
  const record = await knownSite(context, request.site);
  const { release, blueprint } = record;
  if (!release || !blueprint)
    throw new ProblemError({
      code: 'unknown-site',
      summary: `The site ${record.name} has no release yet`,
      cure: ['Bring it up first: the last `up` did not get that far.', `$ roadie up ${typed(record.request.source)}`],
    });
  const site = new OpenRecord(record, context.records);
  const target = await machineTarget(
    { record: site, blueprint, others: () => Promise.resolve([]), keepSeconds: 0 },
    context,
  );
  const result = await target.run([`${release.bin}/python`, 'manage.py', 'check', '--deploy', '--no-color']);
  return {
    site: record.name,
    findings: [...parseChecks(`${result.stdout}\n${result.stderr}`), ...(await ownFindings(record, context))],
  };
}

async function ownFindings(record: SiteRecord, context: JobContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const site = (await context.daemon.status()).sites.find((each) => each.name === record.name);
  for (const alarm of site?.alarms ?? [])
    findings.push({
      level: 'error',
      id: 'roadie.alarm',
      what: alarm.text,
      why: `It needs somebody, since ${alarm.since}`,
      cure: alarm.cure.map((line) => line.replace(/^\$ (.*)$/, '`$1`.')).join(' '),
    });
  if (site?.held && site.alarms.length === 0)
    findings.push({
      level: 'warning',
      id: 'roadie.held',
      what: `The site is held at ${site.held.release} since ${site.held.since}: ${site.held.because}`,
      why: 'New commits are left alone',
      cure: `roadie deploy ${record.name}`,
    });
  for (const service of site?.services ?? []) {
    const { early_ends: early } = service;
    if (early?.loop) {
      findings.push({
        level: 'error',
        id: 'roadie.crash-loop',
        what: `The service ${service.name} is in a crash loop: it ended ${early.count} times in a row within its first minute`,
        why: early.error ?? 'It said nothing when it ended',
        cure: `roadie logs ${record.name} ${service.name}`,
      });
    } else if (service.state !== 'ready') {
      findings.push({
        level: 'error',
        id: 'roadie.service',
        what: `The service ${service.name} is ${service.state}`,
        why: 'What it does for the site is not done',
        cure: `roadie logs ${record.name} ${service.name}`,
      });
    } else if (service.restarts > 3) {
      findings.push({
        level: 'warning',
        id: 'roadie.restarts',
        what: `The service ${service.name} was restarted ${service.restarts} times`,
        why: 'It crashes: each time its requests or jobs are lost',
        cure: `roadie logs ${record.name} ${service.name}`,
      });
    }
  }
  for (const port of site?.open_ports ?? [])
    findings.push({
      level: 'error',
      id: 'roadie.network',
      what: `The site listens for everybody on ${portText(port)}`,
      why: "Whoever reaches this machine reaches that, past the edge's HTTPS and its limits",
      cure: portCure([port]).join(' '),
    });
  for (const what of context.confiner?.missing ?? [])
    findings.push({
      level: 'warning',
      id: 'roadie.limits',
      what,
      why: 'A site that is broken into, or has a bug, can do more harm to its neighbours',
      cure: 'Run Roadie on a system with control groups and namespaces: Debian 12, Ubuntu 22.04 and later have them; containers need more rights',
    });
  const edge = edgeOfGroup(await context.records.readEdge());
  for (const what of edge?.edge.shortcomings ?? [])
    findings.push({
      level: 'advice',
      id: 'roadie.edge',
      what: `${edge?.title}: ${what}`,
      why: 'It is what the config names as the edge',
      cure: 'Remove edge.server from the config of the site that names it, unless something asks for it',
    });
  for (const { path, config } of await writtenInCode(record, context.layout))
    findings.push({
      level: 'error',
      id: 'roadie.files',
      what: `The site tried to write ${path}, and its code is read-only`,
      why: 'The request or job that wanted it failed',
      cure: `Write \`${config}\` in roadie.toml, then roadie up: it is kept in the site's data`,
    });
  const full = diskProblem(await diskSpace(context.layout.base));
  if (full)
    findings.push({
      level: 'error',
      id: 'roadie.disk',
      what: full.summary,
      why: 'Releases are refused, and a full disk stops the database',
      cure: full.cure.join(' '),
    });
  for (const risk of [
    ...(record.release?.migrations?.risks ?? []).filter(isBorder),
    ...(await risksToCome(record, context)),
  ])
    findings.push({ level: 'warning', id: 'roadie.migration', ...explainRisk(risk) });
  for (const note of record.blueprint?.facts.notes ?? []) {
    findings.push({
      level: 'advice',
      id: 'roadie.project',
      what: note.says,
      why: 'Found while reading the project',
      cure: note.where
        ? `See ${note.where.file}${note.where.line === undefined ? '' : `:${note.where.line}`}`
        : 'Nothing has to be done',
    });
  }
  if (record.domains.every((domain) => domain.endsWith('.localhost') || domain === 'localhost')) {
    findings.push({
      level: 'advice',
      id: 'roadie.domain',
      what: `The site answers to ${record.domains.join(', ')} only`,
      why: 'Nobody but this machine can reach that',
      cure: `roadie up ${record.request.source} --name ${record.name} --domain www.example.org`,
    });
  }
  return findings;
}

/** Of the migrations that the next release would bring. A folder is looked into; what lies in a repository is for `plan` to fetch. */
async function risksToCome({ name, request }: SiteRecord, { layout }: JobContext): Promise<readonly MigrationRisk[]> {
  const folder = request.source;
  if (!isAbsolute(folder) || !(await exists(folder))) return [];
  // What is wrong with the project itself is not asked here.
  return foreseenRisks(folder, await appliedMigrations(siteLayout(layout.sites, name).releases)).catch(() => []);
}
