import { posix } from 'node:path';

import { purposeOf } from '../../django/environment/environment-names.ts';
import type { Override, Probe } from '../../django/facts.ts';
import { overlayContent, standardDatabaseWaitSeconds } from '../../django/read/install.ts';
import { celeryBroker } from '../../django/overlay/overlay-broker.ts';
import { decideOverrides } from '../../django/overlay/overlay.ts';
import { type ProbeAnswer, readProbe } from '../../django/probe/probe.ts';
import { readText, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { explainDrift } from '../drifted.ts';
import { BuildEnvironment, environmentInput } from '../environment.ts';
import { inRelease } from '../manage.ts';
import { keepConfigured, keepWritten, makeFolders, makeMediaScratch } from '../kept.ts';
import { askQuestions } from '../questions.ts';
import { linkedAway, servedFolders, type ServedInput } from '../served.ts';
import type { Step } from '../step.ts';

export const askDjango: Step<BuildContext> = {
  name: 'settings',
  title: 'Ask Django about its settings',
  async run(context) {
    await makeMediaScratch(context);
    await keepConfigured(context);
    const found = await askSettings(context, environmentOf(context));
    return { detail: `Django ${found.djangoVersion}` };
  },
};

/**
 * Decides what has to be overridden, and asks again with it: the applications may need variables that the settings did not, and
 * what is known from here on is how things will be.
 */
export const writeOverlay: Step<BuildContext> = {
  name: 'overlay',
  title: 'Override the settings that production needs otherwise',
  async run(context) {
    const { state } = context;
    const environment = environmentOf(context, required(context, 'environment'), state.placeholders);
    let settings = required(context, 'settings');
    for (;;) {
      const overrides = await override(context, settings);
      state.questions = await askQuestions(context);
      const answer = await state.questions.probe();
      // Asked again from the beginning: whoever could not write can now.
      if ((await keepWritten(context, answer.writes)) && answer.kind === 'failed') continue;
      if (answer.kind !== 'probe') {
        await take(context, environment, answer);
        settings = await askSettings(context, environment);
        continue;
      }
      environment.requireKnown();
      state.overrides = overrides;
      state.probe = answer.probe;
      state.served = await grantServed(context, answer.probe);
      return overrides.length === 0
        ? { skipped: 'The settings are as production needs them' }
        : { detail: overrides.map(({ setting }) => setting).join(', ') };
    }
  },
  async undo({ state }) {
    await state.questions?.stop();
  },
};

function environmentOf(
  context: BuildContext,
  known: Readonly<Record<string, string>> = {},
  unknown: readonly string[] = [],
): BuildEnvironment {
  return new BuildEnvironment(context.place.site, environmentInput(context), known, unknown);
}

/** The settings as they are without overrides. Throws where they cannot be loaded. */
async function askSettings(context: BuildContext, environment: BuildEnvironment): Promise<Probe> {
  const { state, paths } = context;
  await removeFile(paths.overlay);
  // By standard input: the build's user need not be able to read Roadie's own folder.
  const program = (await readText(posix.join(pythonFolder, 'probe.py'))) ?? '';
  for (;;) {
    await provide(context, environment);
    const result = await inRelease(context, [paths.python, '-', 'settings'], { input: program, timeoutSeconds: 120 });
    const answer = readProbe(result.stdout, result.timedOut ? 'It did not end within 120 seconds.' : result.stderr);
    if ((await keepWritten(context, answer.writes)) && answer.kind === 'failed') continue;
    if (answer.kind === 'probe') {
      state.settings = answer.probe;
      return answer.probe;
    }
    await take(context, environment, answer);
  }
}

/** Gives what the answer says is missing, and asks the failure of packages for its own cause. */
async function take(
  context: BuildContext,
  environment: BuildEnvironment,
  answer: Exclude<ProbeAnswer, { kind: 'probe' }>,
): Promise<void> {
  try {
    environment.take(answer);
  } catch (error) {
    throw answer.kind === 'failed' && answer.failure ? await explainDrift(context, answer.failure, error) : error;
  }
}

/** Has what is run from here on get these variables, and the folders that they name. */
async function provide(context: BuildContext, environment: BuildEnvironment): Promise<void> {
  const { state, place } = context;
  state.environment = { ...environment.values };
  state.placeholders = environment.unknown;
  await makeFolders(
    context,
    environment.folders.map(({ name, where }) => ({
      variable: name,
      path: posix.relative(place.folders.files, environment.values[name] ?? ''),
      because: `${name} in ${where.file}:${where.line ?? 1}`,
    })),
  );
}

/** Writes the overlay for these settings. */
async function override(context: BuildContext, settings: Probe): Promise<readonly Override[]> {
  const { place, paths } = context;
  const overrides = decideOverrides(settings, {
    domains: place.domains,
    ports: place.ports,
    connections: context.connections,
    staticRoot: paths.static,
    mediaRoot: place.folders.media,
    secretKey: place.secrets['secret-key'] ?? '',
    https: true,
    owner: Object.keys(context.blueprint.ownerEnvironment),
  });
  const broker = celeryBroker(settings, context.connections, Object.keys(context.blueprint.ownerEnvironment));
  const wait = context.blueprint.databaseWaitSeconds ?? standardDatabaseWaitSeconds;
  await writeAtomically(
    paths.overlay,
    overlayContent(settings.settingsModule, overrides, { databaseWaitSeconds: wait, celeryUrl: broker }),
    {
      mode: 0o640,
      ownership: context.sealed,
    },
  );
  return overrides;
}

/** What the edge is to serve. Throws `served-outside` where the settings, as they are once all is loaded, name what is not the site's. */
async function grantServed(context: BuildContext, probe: Probe): Promise<NonNullable<BuildContext['state']['served']>> {
  const { blueprint, place, paths } = context;
  const named = (purpose: string): readonly string[] =>
    Object.keys(blueprint.ownerEnvironment).filter((name) => purposeOf(name, []) === purpose);
  const input: ServedInput = {
    site: place.site,
    static: paths.static,
    media: place.folders.media,
    chosen: { static: named('static-root'), media: named('media-root') },
  };
  const served = must(servedFolders(probe, input));
  const link = served.media && (await linkOnTheWay(input.media, served.media.folder));
  if (served.media && link) throw new ProblemError(linkedAway(link, served.media.folder, input));
  return served;
}
