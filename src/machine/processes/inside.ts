import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

import { isMissing } from '../files/files.ts';

/** The text of a file below a folder; undefined where there is none, or where links lead out of the folder. */
export async function readInside(folder: string, path: string): Promise<string | undefined> {
  try {
    const home = await realpath(folder);
    const real = await realpath(join(home, path));
    return real.startsWith(`${home}/`) ? await readFile(real, 'utf8') : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
