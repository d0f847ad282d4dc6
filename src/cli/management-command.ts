import { join } from 'node:path';

import { userOf } from '../sites/site-environment.ts';
import { exists } from '../machine/files/files.ts';
import type { Context } from './command.ts';
import { siteNamed } from './sites.ts';

/**
 * Runs a Django management command as the site's own processes run: its user, folder and environment, with this terminal.
 * Resolves with the command's exit code.
 */
export async function manage(context: Context, site: string, words: readonly string[]): Promise<number> {
  const { env } = context;
  const client = await context.client();
  await siteNamed(client, site);
  const live = await client.environment(site);
  const python = join(live.bin, 'python');
  const user = userOf(live);
  // Projects put their own set-up into manage.py, so it goes first; a project without one has Django's.
  const program = (await exists(join(live.root, 'manage.py'))) ? ['manage.py'] : ['-m', 'django'];
  return env.spawnInteractive({
    command: [python, ...program, ...words],
    directory: live.root,
    // What the site sets wins over the terminal's own variables.
    environment: { ...env.terminalVariables, ...live.environment },
    ...(user && { user }),
    site,
    ...(live.view && { view: live.view }),
  });
}
