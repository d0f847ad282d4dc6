import type { FileSpec, FolderSpec, GuardedCommand } from '../components/component.ts';
import type { RunAs, ServiceSpec } from '../services/service.ts';

/** Numeric owner and group; absent without root. */
export type Ownership = { readonly uid: number; readonly gid: number };

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
        /** NGINX must be validated and reloaded after it changed. */ readonly edge: boolean;
      };
    }
  | {
      readonly kind: 'certificate';
      readonly id: string;
      readonly because: string;
      readonly wanted: { readonly site: string; readonly domains: readonly string[] };
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

export type ResourceKind = Resource['kind'];

/** What was found on the machine for one resource: absent, or its state in the words of `wanted`, hashed for comparing and told for people. */
export type Observed =
  | { readonly id: string; readonly state: 'absent' }
  | { readonly id: string; readonly state: 'same' }
  | { readonly id: string; readonly state: 'different'; readonly how: string };

/** One step of a plan. `later`: it depends on the build before it and is decided then. */
export type Change = {
  readonly action: 'create' | 'update' | 'replace' | 'remove' | 'keep' | 'later';
  readonly id: string;
  readonly kind: ResourceKind;
  /** For people: `PostgreSQL database boards`. */
  readonly title: string;
  readonly because: string;
  /** For update and replace: what differs. */
  readonly how?: string;
};

/** The ordered changes from what is observed to what the blueprint wants, each with its reason. */
export type Plan = {
  readonly site: string;
  readonly changes: readonly Change[];
  /** Of the changes and what they were decided from: `apply` refuses where it has moved. */
  readonly fingerprint: string;
};

export type { FileSpec, FolderSpec };
