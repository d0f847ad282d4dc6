import type { RunAs } from '../supervisor/service.ts';
import { run } from './run.ts';

/** What belongs to a user somewhere. */
export type OwnFolders = { readonly user: RunAs; readonly folders: readonly string[] };

/** Longer than it takes to count some hundred thousand files. */
const patienceSeconds = 30;

/**
 * How many bytes folders take on their disks, each counted as its user: root follows nobody's links. Undefined where it takes too
 * long to find out.
 */
export async function diskUse(owners: readonly OwnFolders[]): Promise<number | undefined> {
  const counted = await Promise.all(
    owners.map(async ({ user, folders }) => {
      if (folders.length === 0) return 0;
      const options = { user, nice: 10, timeoutSeconds: patienceSeconds };
      const { stdout, timedOut } = await run(['/usr/bin/du', '-skx', '--', ...folders], options);
      if (timedOut) return undefined;
      return [...stdout.matchAll(/^(\d+)\t/gm)].reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
    }),
  );
  return counted.reduce<number | undefined>(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  );
}
