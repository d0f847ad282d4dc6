import type { Confiner } from '../machine/bounds/confiner.ts';
import {
  killGroup,
  type ProcessIdentity,
  signalProcess,
  spawnService,
  type SpawnNews,
} from '../machine/processes/processes.ts';
import { capsOf, oomScoreOf } from './caps.ts';
import type { ServiceSpec } from '../services/service.ts';

/** The control group of a service's process: a new one for each. Without root there is none. */
export class ControlGroup {
  /** Its name below the site's. */
  name: string | undefined;
  readonly #confiner: Confiner | undefined;

  constructor(confiner: Confiner | undefined) {
    this.#confiner = confiner;
  }

  /** Starts a service in a new group, confined as its spec says. */
  start(
    spec: ServiceSpec,
    given: { readonly log: number; readonly sockets: readonly number[] },
    news: SpawnNews,
  ): ProcessIdentity | undefined {
    const group = spec.user && this.#confiner?.groups.make(spec.group, spec.name, capsOf(spec));
    this.name = group?.name;
    const held = { confiner: this.#confiner, joins: group?.joins ?? [], oomScore: oomScoreOf(spec) };
    return spawnService({ ...spec, ...given, ...held }, news);
  }

  /** SIGKILL to a process, and to all that it has started. */
  kill(site: string, pid: number): void {
    if (!killGroup(pid)) signalProcess(pid, 'SIGKILL');
    if (this.name !== undefined) this.#confiner?.groups.kill(site, this.name);
  }

  /** Ends what is left in a group, whatever session it is in, and removes it. Answers whether there was anybody. */
  end(site: string, name: string): boolean {
    return (this.#confiner?.endGroup(site, name) ?? 0) > 0;
  }

  /** The processes in a group, dead ones too. */
  members(site: string, name: string): readonly number[] {
    return this.#confiner?.groups.members(site, name) ?? [];
  }
}
