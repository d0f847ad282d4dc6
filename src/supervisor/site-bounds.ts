import { join } from 'node:path';

import { hasMaker } from '../machine/bounds/cgroups.ts';
import type { Clock } from '../machine/clock.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import { endUser } from '../machine/processes/end-user.ts';
import type { ProcessRecord } from '../machine/processes/process-records.ts';
import { listFolder, removeTree } from '../machine/files/tree.ts';
import type { GroupSpec, RunAs } from '../services/service.ts';
import { pause } from './waiting.ts';

/** Groups of commands that end by themselves; all others are services'. */
const transient = /^(build|run)\./;

/** Users that Roadie makes for sites have it; others are shared with what is not Roadie's. */
const ownUser = /^roadie-/;

/** What holds the processes of a site together: limits for all of them, and that none of them outlives the site. */
export class SiteBounds {
  readonly #confiner: Confiner | undefined;

  constructor(confiner: Confiner | undefined) {
    this.#confiner = confiner;
  }

  /** Has the kernel hold a site to its limits; what cannot be done is told by `status` and `check`. */
  hold({ group, limits }: GroupSpec): void {
    if (!limits || !this.#confiner) return;
    try {
      this.#confiner.groups.bound(group, { memoryBytes: limits.memoryBytes, processes: limits.processes });
    } catch {
      // A limit below what is used now cannot be had everywhere: the next process finds the one before.
    }
  }

  /**
   * Ends all that is left of a site when its services have ended: what has left their sessions, and commands of `run`. Builds are
   * spared where one may be running.
   */
  async end(spec: GroupSpec, { builds }: { readonly builds: boolean }): Promise<void> {
    const confiner = this.#confiner;
    if (!confiner) return;
    for (const name of confiner.groups.names(spec.group))
      if (builds || !name.startsWith('build.')) confiner.endGroup(spec.group, name);
    for (const user of ownUsers(spec)) await endUser(user).catch(() => undefined);
    await this.clearTmp(spec);
    if (builds) confiner.groups.remove(spec.group);
  }

  /** Empties the /tmp of a site of which nothing runs, as a reboot would. */
  async clearTmp({ services }: GroupSpec): Promise<void> {
    if (!this.#confiner) return;
    const folders = new Set(services.flatMap(({ view }) => view?.tmp ?? []));
    for (const folder of folders) for (const name of await listFolder(folder)) await removeTree(join(folder, name));
  }

  /** Removes all control groups, once nothing runs. */
  async prune(clock: Clock): Promise<void> {
    for (let tries = 20; tries > 0 && this.#confiner?.groups.prune() === false; tries -= 1) await pause(clock, 50);
  }

  /** Ends all builds that run. Answers whether there were any. */
  endBuilds(): boolean {
    const groups = this.#confiner?.groups;
    const killed = (groups?.sites() ?? []).flatMap((site) =>
      (groups?.names(site) ?? []).map((name) => (name.startsWith('build.') ? this.#confiner?.endGroup(site, name) : 0)),
    );
    return killed.some((count) => count !== undefined && count > 0);
  }

  /** Ends all processes of a site but those of some of its services. */
  endAllBut(site: string, kept: readonly { readonly name: string }[]): void {
    for (const name of this.#confiner?.groups.names(site) ?? [])
      if (!kept.some((service) => name.startsWith(`${service.name}.`))) this.#confiner?.groups.kill(site, name);
  }

  /** Ends what is left of a process whose end nobody saw. */
  endProcess({ group, controlGroup }: Pick<ProcessRecord, 'group' | 'controlGroup'>): void {
    if (controlGroup !== undefined) this.#confiner?.endGroup(group, controlGroup);
  }

  /** All processes in the control groups of living ones: whatever they look like, they belong to those. */
  members(living: readonly ProcessRecord[]): ReadonlySet<number> {
    const groups = this.#confiner?.groups;
    return new Set(
      living.flatMap(({ group, controlGroup }) =>
        groups && controlGroup !== undefined ? groups.members(group, controlGroup) : [],
      ),
    );
  }

  /**
   * At the daemon's start: ends what no living process has a record of. What keeps data is spared: it refuses a second copy by
   * itself. Commands go on for as long as whoever runs them.
   */
  endStrays(specs: readonly GroupSpec[], living: readonly ProcessRecord[]): void {
    const confiner = this.#confiner;
    if (!confiner) return;
    const known = new Set(living.map((record) => `${record.group}/${record.controlGroup}`));
    for (const site of confiner.groups.sites()) {
      const stateful = (specs.find((spec) => spec.group === site)?.services ?? []).filter((each) => each.stateful);
      for (const name of confiner.groups.names(site)) {
        const spared = transient.test(name)
          ? hasMaker(name)
          : stateful.some((service) => name.startsWith(`${service.name}.`));
        if (!known.has(`${site}/${name}`) && !spared) confiner.endGroup(site, name);
      }
    }
  }
}

/** The users of a site that are nobody else's. */
function ownUsers({ services }: GroupSpec): readonly RunAs[] {
  const users = services.flatMap(({ user }) => (user && ownUser.test(user.name) ? [user] : []));
  return [...new Map(users.map((user) => [user.uid, user])).values()];
}
