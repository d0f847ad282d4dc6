import type { ReleaseRecord } from '../../sites/record.ts';
import type { Emit } from '../../contract/events.ts';
import type { Observed, Resource, ResourceKind } from './resource.ts';
import type { EdgeSoftware } from '../../components/edge/edge.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { Wanted } from './resources.ts';

/** A resource of one kind. */
export type ResourceOf<Kind extends ResourceKind> = Extract<Resource, { kind: Kind }>;

/** What an observation finds, without the id. */
export type Finding = Observed extends infer O ? (O extends { id: string } ? Omit<O, 'id'> : never) : never;

/** The services of a site and of the edge. */
export type ServiceGroups = {
  /** What the group's state file says now; undefined where it has none. */
  recorded(group: string): Promise<GroupSpec | undefined>;
  /**
   * Writes the group to its state file and has the daemon make it true. Comes back when all of it is ready; throws
   * `service-failed` where it does not become so.
   */
  reconcile(group: GroupSpec): Promise<void>;
};

/** Where the site's releases come from. */
export type Releases = {
  /** The release that was built last, which is live or goes live next; undefined before the first. */
  current(): Promise<ReleaseRecord | undefined>;
  /** Builds a release and records it as built. Throws the problems of the step that failed; nothing of it is left then. */
  build(resource: ResourceOf<'release'>): Promise<ReleaseRecord>;
};

/** The certificate that the edge shows for the site. */
export type Certificates = {
  observe(resource: ResourceOf<'certificate'>): Promise<Finding>;
  /** Issues or renews it; its files are the edge's to read after a reload. Throws `restore-needed`. */
  issue(resource: ResourceOf<'certificate'>): Promise<void>;
  /** Deletes it; nothing where there is none. */
  remove(): Promise<void>;
};

/** The machine as one site's resources are looked at and changed on it. `openHost` makes the real one. */
export type Host = {
  readonly site: string;
  /** Absolute path: everything that commands print goes there. */
  readonly log: string;
  /** Absolute paths of notes about what is going on, so that a kill can be recovered from: of package installations, and of the edge's files. */
  readonly journals: { readonly packages: string; readonly edge: string };
  /** What is to serve the host. */
  readonly edge: Pick<EdgeSoftware, 'name' | 'title'> & Pick<EdgeSoftware['edge'], 'workerTitle'>;
  /** The command of {@link import('../../components/edge/edge.ts').EdgePaths.prepare}. */
  readonly prepareEdge: readonly [string, ...string[]];
  readonly emit: Emit;
  /** The id of the job that events belong to. */
  readonly job: string;
  readonly groups: ServiceGroups;
  /** Absolute path of the file with the process id of the edge, where it runs. */
  readonly edgePid: string;
  /** Has the edge read its files again; nothing where it does not run yet. */
  reloadEdge(): Promise<void>;
  readonly releases: Releases;
  readonly certificates: Certificates;
  /** The site's resources, with what is now known of the machine (users' ids, programs' folders) and this release. */
  wanted(release: ReleaseRecord | undefined): Promise<Wanted>;
};

/** How one kind of resource is looked at and changed. `apply` can be repeated and killed at any point. */
export type Kind<K extends ResourceKind> = {
  /** One answer for each resource, in their order. */
  observe(resources: readonly ResourceOf<K>[], host: Host): Promise<readonly Observed[]>;
  /** Makes resources that are absent or different what they should be. */
  apply(resources: readonly ResourceOf<K>[], host: Host, wanted: Pick<Wanted, 'groups'>): Promise<void>;
};
