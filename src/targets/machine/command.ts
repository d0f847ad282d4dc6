import { bareEnvironment, run, type RunResult } from '../../machine/processes/run.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { Kind, ResourceOf } from './host.ts';
import { unknownId } from './place.ts';
import { typed } from '../../problems/shell-word.ts';

/** How many `unless` run at once: they are small, and the machine serves others meanwhile. */
const atOnce = 4;

/** Guarded commands: 'unless this holds, run that'. */
export const commandKind: Kind<'command'> = {
  async observe(resources) {
    const states: ('same' | 'absent')[] = [];
    for (let start = 0; start < resources.length; start += atOnce) {
      const batch = resources.slice(start, start + atOnce);
      states.push(...(await Promise.all(batch.map(async ({ wanted }) => ((await holds(wanted)) ? 'same' : 'absent')))));
    }
    return resources.map(({ id }, index) => ({ id, state: states[index] ?? 'absent' }));
  },

  async apply(resources, { log }) {
    for (const { wanted } of resources) {
      // One may have done another's work, or it was done between a look and now.
      if (await holds(wanted)) continue;
      const result = await run(wanted.run, {
        ...options(wanted),
        log,
        ...(wanted.input !== undefined && { input: wanted.input }),
        timeoutSeconds: 900,
      });
      if (result.code !== 0) throw failure(wanted, result, log);
      if (!(await holds(wanted))) throw failure(wanted, result, log);
    }
  },
};

async function holds(wanted: ResourceOf<'command'>['wanted']): Promise<boolean> {
  // The package's user, or the site's group, does not exist yet: nothing can have been done as that user.
  if (wanted.user?.uid === unknownId || wanted.user?.gid === unknownId) return false;
  return (await run(wanted.unless, { ...options(wanted), timeoutSeconds: 20 })).code === 0;
}

function options(wanted: ResourceOf<'command'>['wanted']): {
  readonly user?: NonNullable<typeof wanted.user>;
  readonly environment: Readonly<Record<string, string>>;
} {
  return { environment: { ...bareEnvironment, ...wanted.environment }, ...(wanted.user && { user: wanted.user }) };
}

function failure(wanted: ResourceOf<'command'>['wanted'], result: RunResult, log: string): ProblemError {
  const how = result.timedOut
    ? 'did not end within 15 minutes'
    : result.code === 0
      ? 'ended well, and yet its work is not done'
      : `ended with ${result.code}`;
  return new ProblemError({
    code: 'command-failed',
    summary: `${wanted.title}: ${wanted.run[0]} ${how}`,
    detail: (result.stderr.trim() === '' ? result.stdout : result.stderr).trim().slice(-2000),
    where: { file: log },
    cure: [
      'Fix what the command complains about, then run the same command again: it goes on from here.',
      `$ tail -n 50 ${typed(log)}`,
    ],
  });
}
