import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { readSettings } from '../../src/entry/settings.ts';
import { ensureUv } from '../../src/machine/packages/uv.ts';
import { layout } from '../../src/machine/layout.ts';
import { isRoot } from '../../src/machine/system.ts';
import { home } from './home.ts';

/**
 * Puts uv where the first site of a machine leaves it for the next ones. To fetch it takes a processor seven seconds, and each box
 * is a machine of its own. Where it cannot be had, Roadie is left to say so.
 */
export async function lendUv(base: string): Promise<void> {
  if (!isRoot()) return;
  const { network } = readSettings(process.env);
  const uv = await ensureUv(join(home, 'tools'), { python: '/usr/bin/python3', network });
  if (uv === undefined) return;
  const folder = join(layout(base, base).tools, basename(dirname(uv)));
  await mkdir(folder, { recursive: true });
  await copyFile(uv, join(folder, 'uv'), constants.COPYFILE_FICLONE);
}
