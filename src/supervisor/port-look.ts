import { holdersOf, publicListeners } from '../machine/network/listeners.ts';
import type { ProcessRecords } from '../machine/processes/process-records.ts';
import { allProcesses, processTree } from '../machine/processes/processes.ts';
import { attribute, isWatched, type OpenPort, type PortOwner } from './open-ports.ts';

/**
 * The ports that services have open to everybody now, whether or not they may. Where there are none, as is usual, this reads the head
 * of two files; processes are only looked at where there is something to attribute.
 */
export function lookForOpenPorts(
  owners: readonly PortOwner[],
  records: Pick<ProcessRecords, 'markOf'>,
): readonly OpenPort[] {
  const ourselves = process.getuid?.() ?? 0;
  const uids = new Set(owners.filter(isWatched).map(({ spec }) => spec.user?.uid ?? ourselves));
  const listeners = publicListeners(uids);
  if (listeners.length === 0) return [];
  const holders = holdersOf(new Set(listeners.map(({ inode }) => inode)), uids);
  const held = listeners.flatMap((listener) => {
    const holder = holders.get(listener.inode);
    // Without a holder it was closed in the meantime, or it is in the hands of another user's process.
    return holder ? [{ ...listener, ...holder }] : [];
  });
  const all = allProcesses();
  return attribute(held, owners, {
    tree: (root) => processTree(root, all),
    mark: (pid) => records.markOf(pid),
  });
}
