import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const versions = join(homedir(), '.pyenv/versions');

/** The interpreter of the oldest Python that is promised, 3.8; undefined where it is not here. */
export const oldestPython: string | undefined = existsSync(versions)
  ? readdirSync(versions)
      .filter((name) => name.startsWith('3.8.'))
      .map((name) => `${versions}/${name}/bin/python`)[0]
  : undefined;
