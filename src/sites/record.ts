import type { JobOf } from '../contract/jobs.ts';
import type { Override, Probe } from '../django/facts.ts';
import type { KeptPath } from '../django/kept-paths.ts';
import type { MigrationRisk } from '../django/migrations/migrations.ts';
import type { GroupSpec } from '../services/service.ts';
import type { TunedWeb } from '../services/web-setting.ts';
import type { Blueprint, OwnFile } from '../blueprint/blueprint.ts';

/** A built release as `releases/ID/release.json` and the site's record hold it. */
export type ReleaseRecord = {
  readonly id: string;
  /** Of everything it was made from; equal fingerprints need no new build. */
  readonly fingerprint: string;
  /** Commit hash or content hash. */
  readonly revision: string;
  /** ISO 8601, UTC. */
  readonly builtAt: string;
  /** Absolute path of the interpreter the virtualenv was made from. */
  readonly python: string;
  /** Absolute folders: of releases/ID, of manage.py in it, of the virtualenv's programs. */
  readonly folder: string;
  readonly root: string;
  readonly bin: string;
  readonly application: { readonly kind: 'wsgi' | 'asgi'; readonly module: string; readonly name: string };
  /** Absent where its virtualenv is from before there was a `roadie_asgi`. */
  readonly asgiEntry?: boolean;
  readonly healthPath: string;
  readonly probe: Probe;
  readonly overrides: readonly Override[];
  /** What every Django process of the site gets, without Roadie's own process variables. Holds secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly static: { readonly url: string; readonly folder: string } | null;
  readonly media: { readonly url: string; readonly folder: string } | null;
  /** What of its code the project writes: links to the site's data. */
  readonly kept?: readonly KeptPath[];
  /** Hashes of the fixtures that it or one before it has loaded: each is loaded once. */
  readonly fixtures?: readonly string[];
  /** The owner's own files in its code. */
  readonly own?: readonly OwnFile[];
  /** How far the database was when it went live, and what of its migrations needed a thought. */
  readonly migrations?: { readonly applied: readonly string[]; readonly risks: readonly MigrationRisk[] };
};

/** When a new release is given up again by itself: more than this share of its requests fail, or its web service crashes this often. */
export type BakeLimits = { readonly seconds: number; readonly errorPercent: number; readonly crashes: number };

/** What a site follows, and when a new commit of it is released. */
export type Follow = {
  /** As git takes it. */
  readonly repository: string;
  /** Branch, or a tag that moves; the repository's own branch where absent. */
  readonly ref?: string;
  /** 0: it is not asked by itself. */
  readonly everySeconds: number;
  /** File in the project with the keys that may sign. */
  readonly onlySigned?: string;
  /** Name or pattern of the tag that must stand at the commit. */
  readonly onlyStatus?: string;
};

/**
 * All that Roadie remembers of a site, in state/sites/NAME.json (0600). Written by jobs, one at a time; read by the daemon.
 * Every field after `request` is absent until the step that makes it has been done, so an interrupted `up` can go on.
 */
export type SiteRecord = {
  readonly name: string;
  /** What `up` was last asked for: running it again needs no options. */
  readonly request: Omit<JobOf<'up'>, 'confirmed' | 'revision' | 'once'>;
  /** Where it answers: decided by `up`, from its options, the config, and what stood here before. */
  readonly domains: readonly [string, ...string[]];
  readonly ports: { readonly http: number; readonly https: number };
  readonly ownerEnvironment: Readonly<Record<string, string>>;
  /** How the web server runs, and which it is, where the config does not say: what `roadie tune` has measured and the owner has taken. */
  readonly tuned?: TunedWeb | undefined;
  /** Generated once and kept for good. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly blueprint?: Blueprint;
  /** The release that was built last; live once its services were ready. */
  readonly built?: ReleaseRecord;
  /** The release that is live. */
  readonly release?: ReleaseRecord;
  readonly group?: GroupSpec;
  /**
   * Set by a rollback: what watches the source leaves the site alone until the next `deploy` or `up`. With `givenUp` the watch
   * after the switch has gone back by itself, from that release: then later commits may be tried (`deploy/hold.ts`).
   */
  readonly held?: {
    readonly since: string;
    readonly release: string;
    readonly because: string;
    readonly givenUp?: { readonly release: string; readonly revision: string };
  };
  /** The last rollbacks by the watch, oldest first, until somebody deploys: none of these revisions is tried again by itself. */
  readonly rollbacks?: readonly { readonly at: string; readonly release: string; readonly revision: string }[];
  /** The revision that failed last: it is not tried again by itself. */
  readonly failed?: { readonly revision: string; readonly at: string; readonly summary: string };
  /** The repository that the site follows by itself; absent where it follows none. */
  readonly follow?: Follow;
  /** The commit of the followed branch that was last dealt with: released, refused or left out. */
  readonly dealt?: string;
  /** The release that is watched after its switch, and the one to go back to. */
  readonly bake?: {
    readonly release: string;
    readonly previous: string;
    /** The release that was live between the two, where visitors had met errors of it: the way back passes it by. */
    readonly passedBy?: string;
    readonly until: string;
    readonly limits: BakeLimits;
  };
};
