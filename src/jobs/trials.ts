import type { Blueprint } from '../blueprint/blueprint.ts';
import { runStep, runSteps, type Step } from '../build/step.ts';
import { longestTune, lastBeginning } from '../contract/tune-time.ts';
import { must, ProblemError } from '../problems/problem.ts';
import type { ServiceSpec } from '../services/service.ts';
import type { WebServer, WebSetting } from '../services/web-setting.ts';
import type { OpenRecord } from '../sites/open-record.ts';
import type { ReleaseRecord, SiteRecord } from '../sites/record.ts';
import { endTrial, releaseForTrial, trialName, trialService, webSetting } from '../targets/machine/index.ts';
import { type Comparison, settingsOfOther } from '../tuning/candidates.ts';
import { fastest, type Measured } from '../tuning/recommend.ts';
import { nameOfServer, type Room, sayingOf, settingsToTry } from '../tuning/settings.ts';
import { type JobContext, otherSites } from './context.ts';
import type { SiteDesign } from './site-design.ts';
import { loadOf, type Pages } from './trial-load.ts';
import { tunedBlueprint } from './tuned-blueprint.ts';

/** What is measured, of which site. */
export type Trials = {
  /** Without a trial of before. */
  readonly record: SiteRecord & Required<Pick<SiteRecord, 'release' | 'group'>>;
  readonly open: OpenRecord;
  /** What is live. */
  readonly blueprint: Blueprint;
  readonly own: WebServer;
  readonly now: WebSetting;
  readonly room: Room;
  readonly comparison: Comparison;
  /** What the release is made from. */
  readonly input: SiteDesign['input'];
  readonly pages: Pages;
  /** Of load for each setting. */
  readonly seconds: number;
};

/** What was to be measured and was not, and why; without a setting where that is all of a server. */
export type LeftOut = WebServer & Partial<WebSetting> & { readonly because: string };

export type TrialResults = {
  /** What runs now comes first. */
  readonly measured: readonly [Measured, ...Measured[]];
  readonly leftOut: readonly LeftOut[];
};

/** What another server than the site's may take to its first answer, in seconds. */
const longestStart = 30;

/**
 * Runs trials one after the other beside what is live, within the time that `tune` may take, and leaves nothing of them. What cannot
 * be installed or does not start is left out. Throws `service-failed` where the copy of what runs does not start.
 */
export async function runTrials(trials: Trials, context: JobContext): Promise<TrialResults> {
  const { record, own, now, room, comparison, seconds } = trials;
  const limit = longestTune({ seconds, others: comparison.others.length > 0 });
  const end = performance.now() + (limit - lastBeginning(seconds)) * 1000;
  const left = (): number => (end - performance.now()) / 1000;
  const leftOut: LeftOut[] = [];
  try {
    const { release } = record;
    const first = await trial({ server: own, setting: now, release, blueprint: trials.blueprint }, trials, context);
    const measured: [Measured, ...Measured[]] = [first];
    /** Measures some settings of a server. Those that fail are left out; of another server then those after it as well. */
    const all = async (candidate: Omit<Candidate, 'setting'>, settings: readonly WebSetting[]): Promise<void> => {
      for (const setting of settings) {
        const work = (): Promise<Measured> =>
          trial({ ...candidate, setting, startSeconds: longestStart }, trials, context);
        const result = left() <= 0 ? timeWasUp : await tried(work());
        if (typeof result !== 'string') measured.push(result);
        else leftOut.push({ ...candidate.server, ...setting, because: result });
        if (typeof result === 'string' && candidate.server !== own) return;
      }
    };
    const others = comparison.ownInFull ? settingsToTry(now, room).slice(1) : [];
    await all({ server: own, release, blueprint: trials.blueprint }, others);
    const best = fastest(measured) ?? first;
    for (const server of comparison.others) {
      const prepared = left() <= 0 ? timeWasUp : await tried(prepare(server, left(), trials, context));
      if (typeof prepared === 'string') leftOut.push({ ...server, because: prepared });
      else await all({ server, ...prepared }, settingsOfOther(prepared.standard, best, room));
    }
    return { measured, leftOut };
  } finally {
    await withoutTrial(trials, context);
    await endTrial(record.name, context);
  }
}

const timeWasUp = 'the time was up';

/** A server with all that it takes to run it as a trial. */
type Candidate = {
  readonly server: WebServer;
  readonly setting: WebSetting;
  readonly release: ReleaseRecord;
  readonly blueprint: Blueprint;
  /** How long it may take to its first answer; absent: as long as the live one. */
  readonly startSeconds?: number;
};

/** What came of it, or the reason where it failed as it may. */
async function tried<Result extends object>(work: Promise<Result>): Promise<Result | string> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProblemError) return error.problems[0].summary;
    throw error;
  }
}

/** Another server's blueprint, the release with what it needs, and how it would run by itself. */
async function prepare(
  server: WebServer,
  seconds: number,
  trials: Trials,
  context: JobContext,
): Promise<Pick<Candidate, 'release' | 'blueprint'> & { readonly standard: WebSetting }> {
  const site = { ...siteOf(trials, context), blueprint: must(tunedBlueprint(trials.input, { server })) };
  const signal = AbortSignal.timeout(Math.ceil(seconds * 1000));
  // What ran before may stand in the copy that is replaced.
  await withoutTrial(trials, context);
  const { release: live } = trials.record;
  let release = live;
  const install: Step<undefined> = {
    name: 'trial-packages',
    title: `Install ${nameOfServer(server)} beside the release`,
    async run() {
      release = await releaseForTrial(site, live, context, signal);
      return release === live ? { skipped: 'The release has what it needs' } : undefined;
    },
  };
  await runSteps([install], undefined, reportOf(trials, context));
  const standard = await webSetting(site, release, context);
  if (!standard) throw new Error(`${server.server} has no setting`);
  return { release, blueprint: site.blueprint, standard };
}

/** Ends the service of the trial that ran last. */
async function withoutTrial({ open, record }: Trials, { daemon }: JobContext): Promise<void> {
  await open.save(record);
  await daemon.reconcile(record.name);
}

/** Starts a trial in place of the one before and asks its pages. */
async function trial(candidate: Candidate, trials: Trials, context: JobContext): Promise<Measured> {
  const { server, setting } = candidate;
  const { record, open, pages, seconds } = trials;
  const name = server === trials.own ? '' : `${nameOfServer(server)}, `;
  const step = { name: trialName, title: `Measure ${name}${sayingOf(setting)}` };
  let measured: Measured | undefined;
  await runStep(step, reportOf(trials, context), async () => {
    const site = { ...siteOf(trials, context), blueprint: candidate.blueprint };
    const spec = startingWithin(candidate.startSeconds, await trialService(site, candidate.release, setting, context));
    await open.save({ ...record, group: { ...record.group, services: [...record.group.services, spec] } });
    await context.daemon.reconcile(spec.group);
    measured = { ...server, ...setting, ...(await loadOf(spec, pages, seconds, context)) };
  });
  if (!measured) throw new Error('nothing was measured');
  return measured;
}

function startingWithin(seconds: number | undefined, spec: ServiceSpec): ServiceSpec {
  if (seconds === undefined) return spec;
  const { readiness } = spec;
  return { ...spec, readiness: { ...readiness, timeoutSeconds: Math.min(seconds, readiness.timeoutSeconds) } };
}

function siteOf({ open, blueprint, record }: Trials, context: JobContext) {
  return { record: open, blueprint, others: () => otherSites(context, record.name), keepSeconds: 0 };
}

function reportOf({ record }: Trials, { id, emit }: JobContext) {
  return { job: id, site: record.name, emit };
}
