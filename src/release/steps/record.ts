import type { ReleaseRecord } from '../../blueprint/site.ts';
import { writeAtomically } from '../../machine/files.ts';
import { type BuildContext, required } from '../context.ts';
import type { Step } from '../step.ts';
import { mediaOf } from './settings.ts';

/** The last step: from here on the release is whole. */
export const writeRecord: Step<BuildContext> = {
  name: 'record',
  title: 'Finish the release',
  async run(context) {
    await writeAtomically(context.paths.record, `${JSON.stringify(recordOf(context), undefined, 2)}\n`, { mode: 0o600 });
    return undefined;
  },
};

/** What is kept of a release, from what its steps found out. */
export function recordOf(context: BuildContext): ReleaseRecord {
  const probe = required(context, 'probe');
  return {
    id: context.id,
    fingerprint: context.fingerprint,
    revision: context.blueprint.source.revision,
    builtAt: context.door.now().toISOString(),
    python: context.python.path,
    folder: context.paths.folder,
    root: context.paths.root,
    bin: context.paths.bin,
    application: context.blueprint.facts.application.value,
    // What someone named comes before a route that merely looks as if it answered about health.
    healthPath: context.blueprint.facts.healthPath?.value ?? probe.healthPaths[0] ?? context.blueprint.healthPath,
    probe,
    overrides: required(context, 'overrides'),
    environment: required(context, 'environment'),
    static: context.state.static ?? null,
    media: mediaOf(probe, context.paths.code),
  };
}
