import { join } from 'node:path';

import type { SiteRecord } from '../../sites/record.ts';
import { inspectCertificate } from '../../certificates/ensure.ts';
import { LocalAuthority } from '../../certificates/local-authority.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { explainBounds, siteBounds } from '../../components/bounds.ts';
import { siteUrl } from '../../blueprint/site-url.ts';
import { riskSentence } from '../../django/migrations/migrations.ts';
import { diskProblem, diskSpace } from '../../machine/files/disk.ts';
import { isRoot, readSystem, requireSupported } from '../../machine/system.ts';
import { isTrusted } from '../../machine/trust.ts';
import { keptReleases } from '../../sites/release-list.ts';
import { isHealthy } from '../../machine/network/http-probe.ts';
import { type Visited, visitUntil } from '../../machine/network/visit.ts';
import { effective } from '../../plan/diff.ts';
import type { Plan, Resource } from '../../targets/machine/resource.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { pruneReleases } from '../../build/build.ts';
import { adoptMirror } from '../../source/fetch-place.ts';
import {
  applyPlan,
  edgeNotes,
  edgeOfBlueprint,
  edgeOfGroup,
  finishEdgeChange,
  planFor,
} from '../../targets/machine/index.ts';
import type { JobContext } from '../context.ts';
import { siteDoor, type SiteDoor } from '../machine-door.ts';
import { requirePackagesPossible, requirePortsAllowed, requirePortsFree, requireVariables } from '../preconditions.ts';
import { foreseenRisks, locatedIn } from '../read-project.ts';
import { appliedMigrations } from '../../sites/releases.ts';
import { designSite, type SiteDesign } from '../site-design.ts';

/** Brings a site up, or up to date. Without `confirmed` it stops after the plan, and nothing was changed. */
export async function up(request: JobOf<'up'>, context: JobContext): Promise<JobResults['up']> {
  must(requireSupported(await readSystem()));
  const design = await designSite(request, context);
  const site = design.blueprint.site;
  const missing = context.confiner?.missing ?? [];
  const edge = edgeNotes(edgeOfBlueprint(design.blueprint), edgeOfGroup(await context.records.readEdge()));
  const door = await siteDoor(design, context);
  // A killed job may have left the edge's files half changed: that is mended before anything is compared.
  await finishEdgeChange(door);
  const had = await recordedResources(door);
  const plan = await planFor(door, await door.wanted(design.record.built ?? design.record.release), had);
  context.emit({ type: 'plan-made', site, job: context.id, plan: { ...plan, changes: [...plan.changes] } });
  if (request.confirmed === undefined) {
    const { folder, files } = design.build.project;
    const applied = await appliedMigrations(join(context.layout.sites, site, 'releases'));
    const risks = await foreseenRisks(folder, applied, files);
    return result(door, design, plan, { applied: false, more: [...edge, ...risks.map(riskSentence)], missing });
  }

  await requirePossible(plan, design, context);
  // From now on the site exists: an `up` that is cut short is known and can be gone on with.
  await door.save(design.record);
  try {
    // `env set` is the cure, and it needs a site.
    if (effective(plan).length > 0) requireVariables(design);
    await applyPlan(plan, door, { confirmed: request.confirmed, had });
    await settle(door);
    await bringUp(site, context);
    const isNew = plan.changes.some(({ kind, action }) => kind === 'certificate' && action === 'create');
    await requireServed(door, context, isNew ? visitsWhereNew : 1);
  } catch (error) {
    await rememberFailure(door, design, error);
    if (error instanceof ProblemError)
      throw await locatedIn(design.build.project, error, design.blueprint.facts.root.value);
    throw error;
  }
  await tidyUp(door, design, context);
  return result(door, design, plan, { applied: true, more: edge, missing });
}

/** What can be refused is refused before anything is touched. */
async function requirePossible(plan: Plan, design: SiteDesign, context: JobContext): Promise<void> {
  const changes = effective(plan);
  if (changes.length === 0) return;
  const full = diskProblem(await diskSpace(context.layout.base));
  if (full) throw new ProblemError(full);
  requirePackagesPossible(changes, isRoot());
  await requirePortsAllowed(design, isRoot());
  await requirePortsFree(design, context);
}

/** What the site had when it was last brought up: its services are what may have to go. */
async function recordedResources(door: SiteDoor): Promise<readonly Resource[]> {
  const { group } = door.record();
  return (group?.services ?? []).map((spec) => ({
    kind: 'service',
    id: `service:${spec.group}/${spec.name}`,
    because: 'it was there before',
    wanted: spec,
  }));
}

/** An earlier job may have been killed between its services' start and the note that they are live. */
async function settle(door: SiteDoor): Promise<void> {
  const { built, release, group } = door.record();
  const runs = group?.services.find((service) => service.release !== undefined)?.release;
  if (group && built && built.id !== release?.id && runs === built.id) await door.reconcile(group);
}

/** What failed is not tried again by itself until it changes or somebody asks for it. */
async function rememberFailure(door: SiteDoor, { blueprint, dealt }: SiteDesign, error: unknown): Promise<void> {
  const { revision } = blueprint.source;
  const summary = error instanceof Error ? error.message.slice(0, 500) : String(error);
  if (door.record().release?.revision === revision) return;
  await door.save({
    ...door.record(),
    failed: { revision, at: new Date().toISOString(), summary },
    ...dealtWith(dealt),
  });
}

/** What succeeded ends a hold and the memory of a failure, and old releases go: five stay to go back to. */
async function tidyUp(door: SiteDoor, { dealt }: SiteDesign, { layout }: JobContext): Promise<void> {
  const { held: _, failed: __, ...rest } = door.record();
  const record = { ...rest, ...dealtWith(dealt) };
  await door.save(record);
  const keep = [record.release?.id, record.built?.id, record.bake?.previous].filter((id) => id !== undefined);
  await adoptMirror(layout, record.request.source, record.name);
  await pruneReleases(join(layout.sites, record.name, 'releases'), keptReleases, keep);
}

function dealtWith(dealt: string | undefined): Pick<SiteRecord, 'dealt'> {
  return dealt === undefined ? {} : { dealt };
}

/** Nothing may have differed, and still something is down: stopped by hand, or failing. `up` means up. */
async function bringUp(site: string, context: JobContext): Promise<void> {
  const status = (await context.daemon.status()).sites.find((each) => each.name === site);
  if (status?.state !== 'live') await context.daemon.start(site);
}

/** The way of a visitor, once, to its end: what is said to be live has been seen. */
async function requireServed(door: SiteDoor, context: JobContext, visits: number): Promise<void> {
  const { domains, ports, name, release } = door.record();
  const authority = await LocalAuthority.readCertificate(door.layout.edge, { site: name, domains });
  if (authority === undefined || !release) return;
  const page = { domain: domains[0], port: ports.https, path: release.healthPath, authority };
  const isServed = (visited: Visited): boolean => 'status' in visited && isHealthy(visited.status);
  const seen = await visitUntil(page, isServed, servedWithinMs, visits);
  if (isServed(seen)) return;
  throw new ProblemError({
    code: 'release-unhealthy',
    summary: `${siteUrl(page.domain, page.port)}${page.path.slice(1)} ${'status' in seen ? `answers ${seen.status}` : `cannot be reached: ${seen.error}`}`,
    cure: [`$ roadie logs ${name} web`, `$ roadie logs edge ${door.edge.name}`, `The whole output: ${context.log}`],
  });
}

/** The edge's old workers take connections for a tenth of a second more after a reload, and do not know a new site. */
const visitsWhereNew = 6;

/** The edge reads new files in some tenths of a second, on a busy machine in some seconds. */
const servedWithinMs = 20_000;

async function result(
  door: SiteDoor,
  { blueprint }: SiteDesign,
  plan: Plan,
  {
    applied,
    more,
    missing,
  }: { readonly applied: boolean; readonly more: readonly string[]; readonly missing: readonly string[] },
): Promise<JobResults['up']> {
  const record = door.record();
  const release = record.release ?? record.built;
  return {
    site: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    applied,
    plan: { ...plan, changes: [...plan.changes] },
    release: record.release?.id ?? null,
    bake: bakeOf(record),
    certificate: await certificateOf(record, door),
    overrides: (release?.overrides ?? []).map((override) => ({
      ...override,
      value: shown(override.setting, override.value),
    })),
    notes: [...blueprint.facts.notes.map((note) => note.says), ...(await boundsNote(blueprint, missing)), ...more],
  };
}

/** The watch that goes on when this ends. */
function bakeOf({ bake, release }: SiteRecord): JobResults['up']['bake'] {
  if (!bake || bake.release !== release?.id || Date.parse(bake.until) <= Date.now()) return null;
  return { release: bake.release, previous: bake.previous, until: bake.until, verdict: null };
}

/** What the site is held to here, and what cannot be held. */
async function boundsNote({ bounds }: SiteDesign['blueprint'], missing: readonly string[]): Promise<readonly string[]> {
  if (!isRoot()) return [];
  const machine = await readSystem();
  return [explainBounds(siteBounds(machine, bounds), machine), ...missing];
}

async function certificateOf(record: SiteRecord, door: SiteDoor): Promise<JobResults['up']['certificate']> {
  const { existing } = await inspectCertificate({
    layout: door.layout,
    site: record.name,
    domains: record.domains,
    now: new Date(),
  });
  if (!existing) return null;
  const authority = await LocalAuthority.readCertificate(door.layout.edge, {
    site: record.name,
    domains: record.domains,
  });
  return {
    issuer: existing.issuer,
    not_after: existing.notAfter.toISOString(),
    trusted: authority !== undefined && (await isTrusted(authority)),
  };
}

/** Overrides are shown to people; what looks like a secret is not. */
function shown(setting: string, value: unknown): unknown {
  return /SECRET|PASSWORD|TOKEN|KEY/.test(setting) ? '••••' : value;
}
