import type { ReleaseRecord } from '../../sites/record.ts';
import type { Override } from '../../django/facts.ts';
import { writeAtomically } from '../../machine/files/files.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';

/** The last step: from here on the release is whole. */
export const writeRecord: Step<BuildContext> = {
  name: 'record',
  title: 'Finish the release',
  async run(context) {
    const record = recordOf(context);
    await writeAtomically(context.paths.record, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
    context.state.record = record;
    return undefined;
  },
};

/** The overrides as they may be shown: what holds one of the site's secrets is not told. The overlay itself has the values. */
function tellable(overrides: readonly Override[], secrets: readonly string[]): readonly Override[] {
  const hidden = (value: unknown): unknown => {
    if (typeof value === 'string') return secrets.some((secret) => value.includes(secret)) ? '…' : value;
    if (Array.isArray(value)) return value.map(hidden);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hidden(inner)]));
    return value;
  };
  return overrides.map((override) => ({ ...override, value: hidden(override.value) }));
}

/** What is kept of a release, from what its steps found out. */
function recordOf(context: BuildContext): ReleaseRecord {
  const probe = required(context, 'probe');
  const fixtures = context.state.fixtures ?? context.previous?.fixtures;
  return {
    id: context.id,
    fingerprint: context.fingerprint,
    revision: context.blueprint.source.revision,
    builtAt: context.surroundings.now().toISOString(),
    python: context.python.path,
    folder: context.paths.folder,
    root: context.paths.root,
    bin: context.paths.bin,
    application: context.blueprint.facts.application.value,
    asgiEntry: true,
    // What someone named comes before a route that merely looks as if it answered about health.
    healthPath: context.blueprint.facts.healthPath?.value ?? probe.healthPaths[0] ?? context.blueprint.healthPath,
    probe,
    overrides: tellable(
      required(context, 'overrides'),
      [...Object.values(context.place.secrets), ...Object.values(context.blueprint.ownerEnvironment)].filter(
        (secret) => secret.length >= 8,
      ),
    ),
    environment: required(context, 'environment'),
    static: context.state.static ?? null,
    media: required(context, 'served').media,
    ...(context.state.kept && context.state.kept.length > 0 && { kept: context.state.kept }),
    ...(fixtures && { fixtures }),
    ...(context.blueprint.ownFiles && { own: context.blueprint.ownFiles }),
    ...(context.state.migrations && { migrations: context.state.migrations }),
  };
}
