import type { Emit } from '../../contract/events.ts';
import type { SiteStatus } from '../../contract/status.ts';
import type { Confiner } from '../../machine/bounds/confiner.ts';
import type { Layout } from '../../machine/layout.ts';
import type { SiteRecords } from '../../sites/store.ts';

/** What runs the services of this machine: its daemon. Each call comes back when it is so; failures are `service-failed`. */
export type ServiceRunner = {
  /** Makes a group's services agree with its state file. A web process that is replaced is kept ready to come back for `keepSeconds`. */
  reconcile(group: string, options?: { readonly keepSeconds: number }): Promise<unknown>;
  /** Has a service read its files again. */
  reload(group: string, service: string): Promise<unknown>;
  /** Stops a group and drops it. */
  forget(group: string): Promise<unknown>;
  /** Starts all of a site, also what someone stopped. */
  start(site: string): Promise<unknown>;
  status(): Promise<{ readonly sites: readonly Pick<SiteStatus, 'name' | 'state' | 'services'>[] }>;
};

/** The operation that changes a site of this machine, with all that it works with. */
export type Operation = {
  /** Its job's id, which events belong to. */
  readonly id: string;
  readonly emit: Emit;
  /** Absolute path: everything that its commands print goes there. */
  readonly log: string;
  readonly layout: Layout;
  readonly records: SiteRecords;
  readonly daemon: ServiceRunner;
  /** Proxies, certificates and package indexes: for what downloads. Never secrets of the site. */
  readonly network: Readonly<Record<string, string>>;
  /** Where it builds, others may meanwhile change what sites share. */
  readonly turns?: { building<Result>(memoryBytes: number, work: () => Promise<Result>): Promise<Result> };
  /** Confines what runs as a site's users; absent without root. */
  readonly confiner?: Confiner;
};
