import type { EdgeName } from './host-edge.ts';
import type { BoundsWishes } from '../components/bounds.ts';
import type { Role } from '../components/component.ts';
import type { DependencySource, Evidence, Facts } from '../django/facts.ts';

/** Where a project's code comes from. `revision` pins what was looked at: a commit's hash, or the content's for a folder. */
export type Source =
  | { readonly kind: 'folder'; readonly path: string; readonly revision: string }
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly ref: string;
      readonly subfolder: string;
      readonly revision: string;
    };

/** A component that the site uses, with its checked options and the reason. */
export type BlueprintComponent = {
  readonly name: string;
  readonly options: unknown;
  readonly because: Evidence;
  /** What it is for, where that is less than all that it can be. */
  readonly roles?: readonly Role[];
};

/** A file of the owner's own that goes into each release. */
export type OwnFile = {
  /** In the code, with `/`. */
  readonly path: string;
  /** SHA-256 of its content, hexadecimal. */
  readonly hash: string;
};

/** Everything that a site needs, as data, with no word about where it will run. Where it answers is its record's (`sites/record.ts`). */
export type Blueprint = {
  readonly site: string;
  readonly source: Source;
  /** The repository that a site follows which was brought up from a folder, where its config names one. */
  readonly repository?: string;
  readonly facts: Facts;
  readonly dependencies: DependencySource;
  /** In the list's order: what others stand on comes first. */
  readonly components: readonly BlueprintComponent[];
  /** Distributions added to the virtualenv because the project does not declare them. */
  readonly pythonAdditions: readonly { readonly requirement: string; readonly because: string }[];
  /** What the owner set with `roadie env set` or in roadie.toml's [environment], by name. */
  readonly ownerEnvironment: Readonly<Record<string, string>>;
  readonly healthPath: string;
  readonly uploadLimitMb: number;
  /** The day as of which the owner has the requirements resolved: `2024-05-31`. */
  readonly requirementsAsOf?: string;
  /** Paths below the code that the owner lets the site write. */
  readonly writable?: readonly string[];
  /** Files of the owner's own that go into the code, and those that are made from the project's examples. Absent where there is none. */
  readonly ownFiles?: readonly OwnFile[];
  /** Data in the repository stays there: the owner does not want it as the site's first. */
  readonly leaveCommittedData?: true;
  /** The row of django.contrib.sites is the owner's business. */
  readonly keepSiteDomain?: true;
  /** What the owner names as the host's edge; absent where nothing is named. */
  readonly edge?: EdgeName;
  /** How long connections are tried again while the database restarts; absent: as long as is usual. 0: not at all. */
  readonly databaseWaitSeconds?: number;
  /** Ports on which the site's own programs may listen for everybody. */
  readonly listen?: readonly number[];
  /** What the owner says about limits and the sandbox; the rest is decided from the machine. */
  readonly bounds?: BoundsWishes;
};
