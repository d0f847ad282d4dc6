import type { RunAs } from '../../services/service.ts';
import { run } from '../processes/run.ts';

/** What belongs to a user somewhere. */
export type OwnFolders = { readonly user: RunAs; readonly folders: readonly string[] };

/** Longer than it takes to look at some hundred thousand files. */
const patienceSeconds = 20;

/**
 * How many bytes the files have that were written since a moment (milliseconds since 1970), each looked for as the user whose
 * folders they are: root follows nobody's links. Undefined where it takes too long to find out.
 */
export async function writtenSince(owners: readonly OwnFolders[], since: number): Promise<number | undefined> {
  const counted = await Promise.all(owners.map((owner) => written(owner, since)));
  return counted.reduce<number | undefined>(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  );
}

async function written({ user, folders }: OwnFolders, since: number): Promise<number | undefined> {
  const [first, ...rest] = folders;
  if (first === undefined) return 0;
  const words = ['-xdev', '-type', 'f', '-newermt', `@${Math.ceil(since / 1000)}`, '-printf', '%b\\n'];
  // Paths are absolute, so none looks like an option.
  const { stdout, timedOut } = await run(['/usr/bin/find', first, ...rest, ...words], {
    user,
    timeoutSeconds: patienceSeconds,
  });
  if (timedOut) return undefined;
  return [...stdout.matchAll(/^(\d+)$/gm)].reduce((sum, [, blocks]) => sum + Number(blocks) * 512, 0);
}
