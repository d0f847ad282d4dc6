import { frontEndSentence } from '../../blueprint/explain.ts';
import { siteUrl } from '../../blueprint/site-url.ts';
import { explainBounds, siteBounds } from '../../components/bounds.ts';
import type { JobOf } from '../../contract/jobs.ts';
import type { JobResults } from '../../contract/results.ts';
import { deploy } from '../../deploy/deploy.ts';
import { type KeptPath, shownPath } from '../../django/kept-paths.ts';
import { riskSentence } from '../../django/migrations/migrations.ts';
import { diskProblem, diskSpace } from '../../machine/files/disk.ts';
import { siteLayout } from '../../machine/layout.ts';
import { prepareUv } from '../../machine/packages/uv.ts';
import { isRoot, readSystem, requireSupported } from '../../machine/system.ts';
import { effective } from '../../plan/diff.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { OpenRecord } from '../../sites/open-record.ts';
import type { SiteRecord } from '../../sites/record.ts';
import { appliedMigrations } from '../../sites/releases.ts';
import { adoptMirror } from '../../source/fetch-place.ts';
import { edgeNotes, edgeOfBlueprint, edgeOfGroup, endTrial, machineTarget } from '../../targets/machine/index.ts';
import type { Plan } from '../../targets/machine/resource.ts';
import type { Target } from '../../targets/target.ts';
import { type JobContext, otherSites } from '../context.ts';
import {
  requirePackagesPossible,
  requirePortsAllowed,
  requirePortsFree,
  requireReachable,
  requireVariables,
} from '../preconditions.ts';
import { foreseenRisks, locatedIn } from '../read-project.ts';
import { deniedWriteNote, writtenInCode } from '../written-in-code.ts';
import { designSite, type SiteDesign } from '../site-design.ts';

/** Brings a site up, or up to date. Without `confirmed` it stops after the plan, and nothing was changed. */
export async function up(request: JobOf<'up'>, context: JobContext): Promise<JobResults['up']> {
  must(requireSupported(await readSystem()));
  const design = await designSite(request, context);
  const { blueprint, bake, dealt, build } = design;
  const others = (): Promise<readonly SiteRecord[]> => otherSites(context, blueprint.site);
  const { releases } = siteLayout(context.layout.sites, blueprint.site);
  const site = new OpenRecord(design.record, context.records);
  const source = { python: build.python, folder: build.project.folder, made: build.project.made };
  const target = await machineTarget({ record: site, blueprint, others, source, keepSeconds: bake.seconds }, context);
  const plan = await target.plan();
  context.emit({
    type: 'plan-made',
    site: blueprint.site,
    job: context.id,
    plan: { ...plan, changes: [...plan.changes] },
  });
  const missing = context.confiner?.missing ?? [];
  const denied = (await writtenInCode(site.current, context.layout)).map(deniedWriteNote);
  const edge = edgeNotes(edgeOfBlueprint(blueprint), edgeOfGroup(await context.records.readEdge()));
  if (request.confirmed === undefined) {
    const risks = await foreseenRisks(build.project.folder, await appliedMigrations(releases), build.project.files);
    const more = [...(await meanwhile(target, context)), ...edge, ...denied, ...risks.map(riskSentence)];
    return result({ site, target, blueprint, plan, applied: false, more, missing });
  }

  await requirePossible(plan, design, context);
  const check = (): void => {
    const changes = effective(plan);
    if (changes.length > 0) requireVariables(design);
    if (changes.some(({ kind }) => kind === 'release')) prepareInstaller(context);
  };
  try {
    const { daemon, emit } = context;
    await deploy(
      { plan, confirmed: request.confirmed, dealt, check },
      { site, target, blueprint, limits: bake, releases, watch: daemon, emit },
    );
  } catch (error) {
    if (error instanceof ProblemError) throw await locatedIn(build.project, error, blueprint.facts.root.value);
    throw error;
  }
  // A measurement that was killed has left it; its service has ended with this.
  await endTrial(blueprint.site, context);
  await adoptMirror(context.layout, site.current.request.source, site.current.name);
  return result({ site, target, blueprint, plan, applied: true, more: edge, missing });
}

/** What a plan has to be read with: what changes while it is made, or was left half changed. */
async function meanwhile(target: Target, { daemon }: JobContext): Promise<readonly string[]> {
  const { operation } = (await daemon.status()).daemon;
  if (operation) {
    const site = operation.site === null ? '' : ` of the site ${operation.site}`;
    return [
      `'${operation.kind}'${site} has been running since ${operation.since}: what it is changing shows as it is now`,
    ];
  }
  return (await target.interrupted())
    ? ['An operation was killed in the middle of a change: that is finished first']
    : [];
}

/** What can be refused is refused before anything is touched. */
async function requirePossible(plan: Plan, design: SiteDesign, context: JobContext): Promise<void> {
  const changes = effective(plan);
  if (changes.length === 0) return;
  const full = diskProblem(await diskSpace(context.layout.base));
  if (full) throw new ProblemError(full);
  await requireReachable([context.layout.base, context.layout.run], isRoot());
  requirePackagesPossible(changes, isRoot());
  await requirePortsAllowed(design, isRoot());
  await requirePortsFree(design, context);
}

/** For the build that comes. By the distribution's Python: the one that the project gets may still have to be made. */
function prepareInstaller({ layout, network, log }: JobContext): void {
  prepareUv(layout.tools, { python: '/usr/bin/python3', network, log });
}

async function result({
  site,
  target,
  blueprint,
  plan,
  applied,
  more,
  missing,
}: {
  readonly site: OpenRecord;
  readonly target: Target;
  readonly blueprint: SiteDesign['blueprint'];
  readonly plan: Plan;
  readonly applied: boolean;
  readonly more: readonly string[];
  readonly missing: readonly string[];
}): Promise<JobResults['up']> {
  const record = site.current;
  const release = record.release ?? record.built;
  const certificate = await target.certificate();
  return {
    site: record.name,
    url: siteUrl(record.domains[0], record.ports.https),
    applied,
    plan: { ...plan, changes: [...plan.changes] },
    release: record.release?.id ?? null,
    bake: bakeOf(record),
    certificate: certificate
      ? {
          issuer: certificate.issuer,
          not_after: certificate.notAfter.toISOString(),
          trusted: certificate.trusted,
        }
      : null,
    overrides: (release?.overrides ?? []).map((override) => ({
      ...override,
      value: shown(override.setting, override.value),
    })),
    notes: [
      ...(blueprint.facts.frontEnds ?? []).map(frontEndSentence),
      ...blueprint.facts.notes.map((note) => note.says),
      ...keptNotes(release?.kept),
      ...(await boundsNote(blueprint, missing)),
      ...more,
    ],
  };
}

/** The watch that goes on when this ends. */
function bakeOf({ bake, release }: SiteRecord): JobResults['up']['bake'] {
  if (!bake || bake.release !== release?.id || Date.parse(bake.until) <= Date.now()) return null;
  return { release: bake.release, previous: bake.previous, until: bake.until, verdict: null };
}

/** What the live release writes in its code, as far as it is known. */
function keptNotes(kept: readonly KeptPath[] = []): readonly string[] {
  return kept.map((each) => `${shownPath(each)} is written by ${each.because}: it is kept in the site's data`);
}

/** What the site is held to here, and what cannot be held. */
async function boundsNote({ bounds }: SiteDesign['blueprint'], missing: readonly string[]): Promise<readonly string[]> {
  if (!isRoot()) return [];
  const machine = await readSystem();
  return [explainBounds(siteBounds(machine, bounds), machine), ...missing];
}

/** Overrides are shown to people; what looks like a secret is not. */
function shown(setting: string, value: unknown): unknown {
  return /SECRET|PASSWORD|TOKEN|KEY/.test(setting) ? '••••' : value;
}
