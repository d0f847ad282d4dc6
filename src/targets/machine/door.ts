import type { ReleaseRecord } from '../../sites/record.ts';
import type { Emit } from '../../contract/events.ts';
import type { Observed, Resource, ResourceKind } from './resource.ts';
import type { EdgePaths, EdgeSoftware } from '../../components/edge/edge.ts';
import type { GroupSpec } from '../../services/service.ts';
import type { Wanted } from './resources.ts';

/** A resource of one kind. */
export type ResourceOf<Kind extends ResourceKind> = Extract<Resource, { kind: Kind }>;

/** What an observation finds, without the id. */
export type Finding = Observed extends infer O ? (O extends { id: string } ? Omit<O, 'id'> : never) : never;

/** What the target's own code does not do itself: it is handed in, so that tests and other entries can put theirs in its place. */
export type Door = {
  readonly site: string;
  /** Absolute path: everything that commands print goes there. */
  readonly log: string;
  /** Absolute paths of notes about what is going on, so that a kill can be mended: of package installations, and of the edge's files. */
  readonly journals: { readonly packages: string; readonly edge: string };
  /** What is to serve the host. */
  readonly edge: Pick<EdgeSoftware, 'name' | 'title'> & Pick<EdgeSoftware['edge'], 'workerTitle'>;
  /** The command of {@link EdgePaths.prepare}. */
  readonly prepareEdge: readonly [string, ...string[]];
  readonly emit: Emit;
  /** The id of the job that events belong to. */
  readonly job: string;
  /** What the group's state file says now. */
  recorded(group: string): Promise<GroupSpec | undefined>;
  /** Writes the group to its state file and has the daemon make it true; comes back when all of it is ready, or throws `service-failed`. */
  reconcile(group: GroupSpec): Promise<void>;
  /** Absolute path of the file with the process id of the edge, where it runs. */
  readonly edgePid: string;
  /** Has the edge read its files again; nothing where it does not run yet. */
  reloadEdge(): Promise<void>;
  /** The release that is live or was built last, with its fingerprint; undefined before the first. */
  currentRelease(): Promise<ReleaseRecord | undefined>;
  /** Builds a release and records it. */
  buildRelease(resource: ResourceOf<'release'>): Promise<ReleaseRecord>;
  readonly certificates: {
    observe(resource: ResourceOf<'certificate'>): Promise<Finding>;
    /** Issues or renews it; its files are the edge's to read after a reload. */
    issue(resource: ResourceOf<'certificate'>): Promise<void>;
    remove(resource: { readonly id: string }): Promise<void>;
  };
  /** The site's resources, with what is now known of the machine (users' ids, programs' folders) and this release. */
  wanted(release: ReleaseRecord | undefined): Promise<Wanted>;
};

/** How one kind of resource is looked at and changed. `apply` can be repeated and killed at any point. */
export type Kind<K extends ResourceKind> = {
  /** One answer for each resource, in their order. */
  observe(resources: readonly ResourceOf<K>[], door: Door): Promise<readonly Observed[]>;
  /** Makes resources that are absent or different what they should be. */
  apply(resources: readonly ResourceOf<K>[], door: Door, wanted: Pick<Wanted, 'groups'>): Promise<void>;
};
