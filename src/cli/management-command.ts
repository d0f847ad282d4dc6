import { join } from 'node:path';

import { userOf } from '../sites/site-environment.ts';
import { exists } from '../machine/files/files.ts';
import type { Context } from './command.ts';
import { lentWords } from './lent-words.ts';
import { siteNamed } from './sites.ts';

/**
 * Runs a Django management command as the site's own processes run: its user, folder and environment, with this terminal and with the
 * caller's files that it names. `passed`: variables of the caller's that count before the site's. Resolves with the command's exit
 * code.
 */
export async function manage(
  context: Context,
  site: string,
  words: readonly string[],
  passed: Readonly<Record<string, string>> = {},
): Promise<number> {
  const { env } = context;
  const client = await context.client();
  await siteNamed(client, site);
  const live = await client.environment(site);
  const python = join(live.bin, 'python');
  const user = userOf(live);
  // Projects put their own set-up into manage.py, so it goes first; a project without one has Django's.
  const program = (await exists(join(live.root, 'manage.py'))) ? ['manage.py'] : ['-m', 'django'];
  const files = lentWords(words, env.cwd, env.isFile);
  const lending = user && files.length > 0 ? await env.lendFiles(files, user, live.cache) : undefined;
  const given = [...words];
  for (const [place, { index, before, path }] of files.entries())
    given[index] = `${before}${lending?.paths[place] ?? path}`;
  try {
    const code = await env.spawnInteractive({
      command: [python, ...program, ...given],
      directory: live.root,
      // What the site sets wins over the terminal's own variables.
      environment: { ...env.terminalVariables, ...live.environment, ...passed },
      ...(user && { user }),
      site,
      ...(live.view && { view: live.view }),
    });
    if (code === 0) await lending?.giveBack();
    return code;
  } finally {
    await lending?.end();
  }
}
