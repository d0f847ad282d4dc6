import { setTimeout as delay } from 'node:timers/promises';

import { readText } from '../../machine/files/files.ts';
import { commandLineOf, ensureSystemGroup, groupsOfProcess, lookupGroups } from '../../machine/users/groups.ts';
import { allProcesses } from '../../machine/processes/processes.ts';
import { ProblemError } from '../../problems/problem.ts';
import type { Host, Kind } from './host.ts';

/** How long the edge may take to start new workers: it reads all its files first. */
const patienceMs = 20_000;

/**
 * System groups. They are never removed: files may still be theirs. A process has the groups that its user had when it was
 * started, so the edge gets new workers before anything is given to a new group: from then on they read by it.
 */
export const groupKind: Kind<'group'> = {
  async observe(resources, host) {
    const known = await lookupGroups(resources.map((resource) => resource.wanted.name));
    return Promise.all(
      resources.map(async ({ id, wanted }) => {
        const group = known.get(wanted.name);
        if (!group) return { id, state: 'absent' };
        const missing = wanted.members.filter((member) => !group.members.includes(member));
        if (missing.length > 0) return { id, state: 'different', how: `${missing.join(', ')} should be in it` };
        return (await unaware(group.gid, host))
          ? { id, state: 'different', how: `${host.edge.title} runs without it` }
          : { id, state: 'same' };
      }),
    );
  },

  async apply(resources, host) {
    const groups = [];
    for (const { wanted } of resources) groups.push(await ensureSystemGroup(wanted.name, wanted.members, host.log));
    if (!(await someUnaware(groups, host))) return;
    await host.reloadEdge();
    const deadline = performance.now() + patienceMs;
    while (await someUnaware(groups, host)) {
      if (performance.now() > deadline)
        throw new ProblemError(
          notTaken(
            host.edge,
            groups.map(({ name }) => name),
          ),
        );
      await delay(50);
    }
  },
};

async function someUnaware(groups: readonly { readonly gid: number }[], host: Host): Promise<boolean> {
  const answers = await Promise.all(groups.map(({ gid }) => unaware(gid, host)));
  return answers.includes(true);
}

/** Whether the edge runs with a worker that takes requests and is not in a group. Those of before a reload only finish theirs. */
async function unaware(gid: number, { edge, edgePid }: Pick<Host, 'edge' | 'edgePid'>): Promise<boolean> {
  const master = Number(await readText(edgePid));
  if (!Number.isSafeInteger(master) || master <= 1) return false;
  const children = [...allProcesses()].filter(([, { parent }]) => parent === master);
  const youngest = children.toSorted(([, a], [, b]) => b.startTime - a.startTime).slice(0, 1);
  const { workerTitle } = edge;
  const workers = workerTitle === undefined ? youngest : children.filter(([pid]) => commandLineOf(pid) === workerTitle);
  return workers.some(([pid]) => groupsOfProcess(pid)?.includes(gid) === false);
}

function notTaken(
  { name, title }: Host['edge'],
  names: readonly string[],
): ConstructorParameters<typeof ProblemError>[0] {
  return {
    code: 'edge-refused',
    summary: `${title} started no new workers, which would be in the group ${names.join(', ')}; nothing was changed for visitors`,
    cure: [`Look at what ${title} says, put it right, and run the same command again.`, `$ roadie logs edge ${name}`],
  };
}
