import { posix } from 'node:path';

import { purposeOf } from '../../django/environment-names.ts';
import { composeEnvironment, type EnvironmentInput, valueFor } from '../../django/environment.ts';
import type { Probe } from '../../django/facts.ts';
import { overlayContent } from '../../django/install.ts';
import { decideOverrides } from '../../django/overlay.ts';
import { missingVariables, type ProbeAnswer, readProbe } from '../../django/probe.ts';
import { readText, writeAtomically } from '../../machine/files.ts';
import { pythonFolder } from '../../machine/project.ts';
import { ProblemError } from '../../problems/problem.ts';
import { type BuildContext, required } from '../context.ts';
import { inRelease } from '../manage.ts';
import type { Step } from '../step.ts';

/** Rounds of 'give what is missing and ask again' before giving up: more variables than any project takes. */
const rounds = 60;

/** Given for a variable that only the owner knows, to hear of the others as well. Never used beyond that. */
const placeholder = 'roadie-placeholder';

export const askDjango: Step<BuildContext> = {
  name: 'settings',
  title: 'Ask Django about its settings',
  async run(context) {
    const input = environmentInput(context);
    const composed = composeEnvironment(input);
    const environment: Record<string, string> = { ...composed.environment };
    const unknown = new Set<string>();
    for (let round = 0; round < rounds; round += 1) {
      const answer = await ask(context, environment);
      if (answer.kind === 'probe' && unknown.size === 0) {
        context.state.environment = environment;
        context.state.probe = answer.probe;
        return { detail: `Django ${answer.probe.djangoVersion}` };
      }
      if (answer.kind === 'probe') throw new ProblemError(missingVariables([...unknown], context.place.site));
      if (answer.kind === 'failed') {
        // A placeholder may be what it stumbles over: then the missing variables are the story, and the ones that the source shows.
        if (unknown.size === 0) throw new ProblemError(answer.problem);
        throw new ProblemError(
          missingVariables([...unknown, ...composed.unknown.map(({ name }) => name)], context.place.site),
        );
      }
      for (const name of answer.names) {
        const known =
          name in environment
            ? undefined
            : valueFor(
                { name, purpose: purposeOf(name, []), required: true, where: { file: answer.failure.file ?? '' } },
                input,
              );
        if (known === undefined) unknown.add(name);
        environment[name] = known ?? placeholder;
      }
    }
    throw new ProblemError(missingVariables([...unknown], context.place.site));
  },
};

export const writeOverlay: Step<BuildContext> = {
  name: 'overlay',
  title: 'Override the settings that production needs otherwise',
  async run(context) {
    const { place, paths, state } = context;
    const before = required(context, 'probe');
    const overrides = decideOverrides(before, {
      domains: place.domains,
      ports: place.ports,
      connections: context.connections,
      staticRoot: paths.static,
      mediaRoot: place.folders.media,
      secretKey: place.secrets['secret-key'] ?? '',
      https: true,
      owner: Object.keys(context.blueprint.ownerEnvironment),
    });
    state.overrides = overrides;
    await writeAtomically(paths.overlay, overlayContent(before.settingsModule, overrides), {
      mode: 0o640,
      ownership: context.sealed,
    });
    if (overrides.length === 0) return { skipped: 'The settings are as production needs them' };
    const answer = await ask(context, required(context, 'environment'));
    if (answer.kind === 'failed') throw new ProblemError(answer.problem);
    if (answer.kind === 'missing') throw new ProblemError(missingVariables(answer.names, place.site));
    state.probe = answer.probe;
    return { detail: overrides.map(({ setting }) => setting).join(', ') };
  },
};

async function ask(context: BuildContext, environment: Readonly<Record<string, string>>): Promise<ProbeAnswer> {
  context.state.environment = environment;
  // By standard input: the site's user need not be able to read Roadie's own folder.
  const program = (await readText(posix.join(pythonFolder, 'probe.py'))) ?? '';
  const result = await inRelease(context, [context.paths.python, '-'], { input: program, timeoutSeconds: 120 });
  return readProbe(result.stdout, result.timedOut ? 'It did not end within 120 seconds.' : result.stderr);
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

/** Where visitors' static and uploaded files are: only addresses of this site, on this machine's disk. */
export function mediaOf(probe: Probe, code: string): { readonly url: string; readonly folder: string } | null {
  const url = localPath(probe.mediaUrl);
  const folder = posix.normalize(probe.mediaRoot).replace(/(?<=.)\/$/, '');
  if (url === null || probe.mediaRoot === '' || !folder.startsWith('/')) return null;
  // A MEDIA_ROOT that holds the code would serve it.
  if (code === folder || code.startsWith(`${folder}/`)) return null;
  if (probe.defaultStorage !== null && !probe.defaultStorage.endsWith('FileSystemStorage')) return null;
  return { url, folder };
}

/** The path of an address that belongs to this site, with a slash at both ends; null for another's, and for the root itself. */
export function localPath(url: string | null): string | null {
  if (url === null || url === '' || url.includes('://') || url.startsWith('//')) return null;
  const path = `/${url}/`.replace(/\/{2,}/g, '/');
  return path === '/' || !/^\/[\w./~%@+-]*$/.test(path) || path.includes('..') ? null : path;
}
