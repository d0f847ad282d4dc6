import { hostname } from 'node:os';
import { join } from 'node:path';

import type { JobOf } from '../contract/jobs.ts';
import type { JobResults } from '../contract/results.ts';
import { currentUser } from '../machine/users/users.ts';
import { ensureOwnRepository, ownRepository } from '../source/own-repository.ts';
import { type JobContext, knownSite } from './context.ts';

/** Makes the repository that a site can be pushed to, with the hook that releases what is pushed. */
export async function remote(request: JobOf<'remote'>, context: JobContext): Promise<JobResults['remote']> {
  const record = await knownSite(context, request.site);
  const { layout } = context;
  const path = ownRepository(layout.sites, record.name);
  const branch = await ensureOwnRepository({
    path,
    branch: request.branch,
    hook: hookScript(join(context.home, 'roadie'), layout.base, layout.run, record.name),
  });
  const domain = record.domains.find((each) => each !== 'localhost' && !each.endsWith('.localhost'));
  return {
    site: record.name,
    path,
    branch,
    host: domain ?? hostname(),
    user: currentUser().name,
    follows: record.follow?.repository ?? null,
  };
}

/** Git runs it with a line for each ref that was pushed; it fails where the release does, and git refuses the push. */
function hookScript(launcher: string, base: string, run: string, site: string): string {
  return `#!/bin/sh
# Written by Roadie: a push to the site ${site} is accepted when its release is.
ROADIE_BASE=${word(base)} ROADIE_RUN=${word(run)} exec ${word(launcher)} receive ${word(site)} --branch "$(git symbolic-ref --short HEAD)" --objects "\${GIT_QUARANTINE_PATH:-$GIT_OBJECT_DIRECTORY}"
`;
}

function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
