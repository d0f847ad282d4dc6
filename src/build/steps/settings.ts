import { posix } from 'node:path';

import { purposeOf } from '../../django/environment/environment-names.ts';
import { composeEnvironment, type EnvironmentInput, valueFor } from '../../django/environment/environment.ts';
import type { Override, Probe } from '../../django/facts.ts';
import { overlayContent, standardDatabaseWaitSeconds } from '../../django/read/install.ts';
import { decideOverrides } from '../../django/overlay/overlay.ts';
import { missingVariables, type ProbeAnswer, readProbe } from '../../django/probe/probe.ts';
import { readText, removeFile, writeAtomically } from '../../machine/files/files.ts';
import { linkOnTheWay } from '../../machine/files/links.ts';
import { pythonFolder } from '../../source/scan-project.ts';
import { must, ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { inRelease } from '../manage.ts';
import { askQuestions } from '../questions.ts';
import { linkedAway, servedFolders, type ServedInput } from '../served.ts';
import type { Step } from '../step.ts';

/** Rounds of 'give what is missing and ask again' before giving up: more variables than any project takes. */
const rounds = 60;

/** Given for a variable that only the owner knows, to hear of the others as well. Never used beyond that. */
const placeholder = 'roadie-placeholder';

export const askDjango: Step<BuildContext> = {
  name: 'settings',
  title: 'Ask Django about its settings',
  async run(context) {
    const found = await askSettings(context, new Environment(context));
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
    const environment = new Environment(context, required(context, 'environment'));
    let settings = required(context, 'settings');
    for (;;) {
      const overrides = await override(context, settings);
      state.questions = await askQuestions(context);
      const answer = await state.questions.probe();
      if (answer.kind !== 'probe') {
        environment.take(answer);
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

/** The environment that Django gets: variables are added as it turns out that they are missing. */
class Environment {
  readonly #context: BuildContext;
  readonly #input: EnvironmentInput;
  readonly #composed: ReturnType<typeof composeEnvironment>;
  readonly #values: Record<string, string>;
  readonly #unknown = new Set<string>();
  #round = 0;

  /** `known`: what an earlier step has found out. */
  constructor(context: BuildContext, known: Readonly<Record<string, string>> = {}) {
    this.#context = context;
    this.#input = environmentInput(context);
    this.#composed = composeEnvironment(this.#input);
    this.#values = { ...this.#composed.environment, ...known };
    for (const [name, value] of Object.entries(known)) if (value === placeholder) this.#unknown.add(name);
  }

  get values(): Readonly<Record<string, string>> {
    return this.#values;
  }

  /** Gives what an answer says is missing. Throws where that is of no use. */
  take(answer: Exclude<ProbeAnswer, { kind: 'probe' }>): void {
    this.#round += 1;
    if (answer.kind === 'failed' && this.#unknown.size === 0) throw new ProblemError(answer.problem);
    // A placeholder may be what it stumbles over: then the missing variables are the story, and the ones that the source shows.
    if (answer.kind === 'failed') throw this.#missing(this.#composed.unknown.map(({ name }) => name));
    if (this.#round > rounds) throw this.#missing([]);
    for (const name of answer.names) {
      const where = { file: answer.failure.file ?? '' };
      const known =
        name in this.#values
          ? undefined
          : valueFor({ name, purpose: purposeOf(name, []), required: true, where }, this.#input);
      if (known === undefined) this.#unknown.add(name);
      this.#values[name] = known ?? placeholder;
    }
  }

  /** Throws where something stands for a variable that only the owner knows. */
  requireKnown(): void {
    if (this.#unknown.size > 0) throw this.#missing([]);
  }

  #missing(more: readonly string[]): ProblemError {
    return new ProblemError(
      missingVariables([...this.#unknown, ...more], this.#context.place.site, this.#input.facts.environment),
    );
  }
}

/** The settings as they are without overrides. Throws where they cannot be loaded. */
async function askSettings(context: BuildContext, environment: Environment): Promise<Probe> {
  const { state, paths } = context;
  await removeFile(paths.overlay);
  // By standard input: the build's user need not be able to read Roadie's own folder.
  const program = (await readText(posix.join(pythonFolder, 'probe.py'))) ?? '';
  for (;;) {
    state.environment = { ...environment.values };
    const result = await inRelease(context, [paths.python, '-', 'settings'], { input: program, timeoutSeconds: 120 });
    const answer = readProbe(result.stdout, result.timedOut ? 'It did not end within 120 seconds.' : result.stderr);
    if (answer.kind === 'probe') {
      state.settings = answer.probe;
      return answer.probe;
    }
    environment.take(answer);
  }
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
  const wait = context.blueprint.databaseWaitSeconds ?? standardDatabaseWaitSeconds;
  await writeAtomically(paths.overlay, overlayContent(settings.settingsModule, overrides, wait), {
    mode: 0o640,
    ownership: context.sealed,
  });
  return overrides;
}

function environmentInput(context: BuildContext): EnvironmentInput {
  const { blueprint, place, paths } = context;
  return {
    facts: blueprint.facts,
    connections: context.connections,
    owner: blueprint.ownerEnvironment,
    secrets: place.secrets,
    domains: place.domains,
    ports: place.ports,
    staticRoot: paths.static,
    mediaRoot: place.folders.media,
  };
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
