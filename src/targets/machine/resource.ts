import type { GuardedCommand } from '../../components/component.ts';
import type { Change as GenericChange, Plan as GenericPlan } from '../../plan/plan.ts';
import type { Ownership } from '../../services/ownership.ts';
import type { RunAs, ServiceSpec } from '../../services/service.ts';

/**
 * One thing on a machine that a site needs. `id` is `kind:name`, unique in a plan. Two resources of one id are the same
 * thing; they are equal where their `wanted` are.
 */
export type Resource =
  | {
      readonly kind: 'package';
      readonly id: string;
      readonly because: string;
      readonly wanted: { readonly name: string };
    }
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly because: string;
      readonly wanted: { readonly name: string; readonly home: string };
    }
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly because: string;
      /** `members`: system users that are in it. */
      readonly wanted: { readonly name: string; readonly members: readonly string[] };
    }
  | {
      readonly kind: 'folder';
      readonly id: string;
      readonly because: string;
      readonly wanted: {
        readonly path: string;
        readonly ownership?: Ownership;
        readonly mode: number;
        /** The system user whose folder it was, with all in it, before sites had users of their own for that. */
        readonly formerOwner?: string;
      };
    }
  | {
      readonly kind: 'file';
      readonly id: string;
      readonly because: string;
      readonly wanted: {
        readonly path: string;
        readonly content: string;
        readonly ownership?: Ownership;
        readonly mode: number;
        /** Not shown in plans. */ readonly secret: boolean;
        /** What is there stays as it is: it is somebody's to change. */ readonly once?: true;
        /** The edge checks it, and is told to read it, after it changed. */ readonly edge: boolean;
      };
    }
  | {
      readonly kind: 'certificate';
      readonly id: string;
      readonly because: string;
      readonly wanted: { readonly site: string; readonly domains: readonly [string, ...string[]] };
    }
  | {
      readonly kind: 'command';
      readonly id: string;
      readonly because: string;
      readonly wanted: GuardedCommand & {
        readonly component: string;
        /** Who `as` is on this machine; absent: as the daemon itself. */ readonly user?: RunAs;
      };
    }
  | {
      readonly kind: 'release';
      readonly id: string;
      readonly because: string;
      readonly wanted: {
        readonly site: string;
        /** What the release is made from, hashed: equal fingerprints need no new build. */ readonly fingerprint: string;
      };
    }
  | { readonly kind: 'service'; readonly id: string; readonly because: string; readonly wanted: ServiceSpec };

/** The kinds of things on a machine; `kinds.ts` has a rule for each, and a file of its own looks at and changes it. */
export type ResourceKind = Resource['kind'];

export type { Observed } from '../../plan/plan.ts';

/** A change of a machine's resource, and a plan of them. */
export type Change = GenericChange<ResourceKind>;
/** What is to change on a machine for one site. */
export type Plan = GenericPlan<ResourceKind>;
