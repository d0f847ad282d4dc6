import type { RunAs } from '../../services/service.ts';
import { exists, readText } from '../files/files.ts';
import { run } from './run.ts';

/**
 * The text of a file with the rights of a user, so that a link in their folder shows root nothing that they could not read
 * themselves. Undefined where there is none for them.
 */
export async function readAs(user: RunAs | undefined, path: string): Promise<string | undefined> {
  if (!user) return readText(path);
  if (!(await exists(path))) return undefined;
  const told = await run(['/bin/cat', '--', path], { user, timeoutSeconds: 20 });
  return told.code === 0 ? told.stdout : undefined;
}
