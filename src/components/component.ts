import type { ZodType } from 'zod';

import type { Config } from '../config/config.ts';
import type { Connection } from '../django/connection.ts';
import type { Evidence, Facts, Probe } from '../django/facts.ts';
import type { ServiceSpec } from '../services/service.ts';
import type { EdgeFacet } from './edge/edge.ts';
import type { WebSetting } from '../services/web-setting.ts';
import type { ContainerFacet } from './container.ts';
import type { DatabaseServer } from './database-server.ts';
import type { Place } from './place.ts';

/** A folder that a component needs. `owner` 'component' is the component's own system user; 'site' the site's; 'root' the daemon's. */
export type FolderSpec = {
  readonly path: string;
  readonly owner: Owner;
  /** 'edge' is the group of the edge's workers; 'www' the one of what they may read of this site. */
  readonly group: Owner | 'edge' | 'www';
  readonly mode: number;
  /** The system user whose folder it was before sites had users of their own for that: then all in it changes hands. */
  readonly formerOwner?: string;
};

/** A file that a component needs, whole. A hand edit of it is drift and is fixed. */
export type FileSpec = Omit<FolderSpec, 'formerOwner'> & { readonly content: string };

export type Owner = 'root' | 'site' | 'component';

/** 'Unless this holds, run that': set-up that can be repeated and killed at any point. Each argv is absolute or looked up in PATH; exit 0 of `unless` means that nothing is to do. */
export type GuardedCommand = {
  readonly title: string;
  readonly because: string;
  readonly unless: readonly [string, ...string[]];
  readonly run: readonly [string, ...string[]];
  /** Given on standard input, for what must not stand in argv. */
  readonly input?: string;
  readonly as: Owner;
  readonly environment?: Readonly<Record<string, string>>;
  /** `before`: before the component's services start; `after`: once they are ready. */
  readonly when: 'before' | 'after';
};

/** Everything of a release that services and routes are made from. Known only once the release is built. */
export type ReleaseView = {
  readonly id: string;
  /** Absolute path of releases/ID. */
  readonly folder: string;
  /** Absolute path of the folder with manage.py in the release. */
  readonly root: string;
  /** Absolute path of the virtualenv's `bin`. */
  readonly bin: string;
  /** Absolute path of the interpreter that the virtualenv was made from. */
  readonly python?: string;
  readonly probe: Probe;
  readonly application: { readonly kind: 'wsgi' | 'asgi'; readonly module: string; readonly name: string };
  /** Whether `roadie_asgi` is in the virtualenv; releases that were built before there was one can still be gone back to. */
  readonly asgiEntry?: boolean;
  /** Absolute folders, null where there is nothing to serve. URLs are paths that begin and end with '/'. */
  readonly static: { readonly url: string; readonly folder: string } | null;
  readonly media: { readonly url: string; readonly folder: string } | null;
  /** The environment of every Django process of the site: owner's values, connections, secrets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly healthPath: string;
};

/** What a component is to a site. */
export type Role = 'web' | 'worker' | 'beat' | 'database' | 'cache' | 'broker' | 'edge';

/**
 * That a project wants a component. `roles`: those that it wants it for, all unless given. `strength`: where several want a role that one can have, the strongest has it;
 * 0 unless given.
 */
export type Wish<Options> = {
  readonly options: Options;
  readonly because: Evidence;
  readonly strength?: number;
  readonly roles?: readonly Role[];
};

/**
 * A kind of software that Roadie can run, as data: nothing here acts. One file per component, listed in `index.ts`;
 * nobody else branches on a component's name.
 */
export interface Component<Options = unknown> {
  readonly name: string;
  readonly title: string;
  /** What it can be for a site; of some roles a site has one component only (`roles.ts`). */
  readonly roles: readonly [Role, ...Role[]];
  /** Other names by which the owner's config may call it. */
  readonly aliases?: readonly string[];
  /** One sentence for the reference page. */
  readonly about: string;
  /** Checks and completes the options. */
  readonly options: ZodType<Options>;
  /** Whether a project wants it, from what reading it told; undefined where not. Config overrides come in as `facts` already changed. */
  detect(facts: Facts): Wish<Options> | undefined;
  /**
   * Why it cannot be used for a project whose owner names it in the config: the end of a sentence that begins with its title.
   * Undefined where it can.
   */
  unfit?(facts: Facts, config: Config): string | undefined;
  /** Of a web server: the kinds of application that it runs as the config has it. A project that has both gives it what it can run. */
  interfaces?(config: Config): readonly ('wsgi' | 'asgi')[];
  /** Of a web server that can work in several ways: those, as `[web] worker_class` names them, and which one the options say. */
  readonly workerClasses?: { readonly names: readonly string[]; of(options: Options): string };
  /** The options with what the owner's config says about them. */
  configure?(options: Options, config: Config): Options;
  /** Debian packages it needs on a machine; and Python distributions that its Django side needs when they are not declared. */
  packages(options: Options): { readonly debian: readonly string[]; readonly python: readonly PythonNeed[] };
  /** What keeps its Debian packages from doing by themselves what Roadie does for each site. */
  readonly packageSettings?: readonly PackageSetting[];
  /** Who its services run as: 'own' is a system user of this component in this site alone; 'site' for programs of the project itself, 'root' for the edge's master. */
  readonly runsAs: 'site' | 'root' | 'own';
  /** What of it is looked up on a machine: its server's file name, in the distribution's folders; and files by what it calls them. */
  readonly looksFor?: { readonly program: string; readonly installed?: Readonly<Record<string, string>> };
  folders(options: Options, place: Place): readonly FolderSpec[];
  files(options: Options, place: Place): readonly FileSpec[];
  setup(options: Options, place: Place): readonly GuardedCommand[];
  /** What it gives to Django, by the roles that it can have. */
  connections?(options: Options, place: Place): readonly Connection[];
  /** For what has the role `database`. */
  readonly database?: DatabaseServer<Options>;
  /** Services that exist before any release: data services. */
  services(options: Options, place: Place): readonly ServiceSpec[];
  /** How a web server runs, where its owner can choose that. */
  setting?(options: Options, place: Place, release: ReleaseView): WebSetting;
  /** Services that run a release's code. */
  releaseServices(options: Options, place: Place, release: ReleaseView): readonly ServiceSpec[];
  /** Of what can be the edge. */
  readonly edge?: EdgeFacet;
  /** How it runs in containers; absent: it cannot be exported. */
  readonly container?: ContainerFacet<Options>;
}

/** A Python distribution to add where none of `unless` is declared or installed. */
export type PythonNeed = { readonly requirement: string; readonly unless: readonly string[]; readonly because: string };

/** A line that must stand in a file before a package is unpacked. `known`: what an administrator may have written there, which stays. */
type PackageSetting = {
  readonly packages: RegExp;
  readonly path: string;
  readonly known: RegExp;
  readonly lines: string;
};

/** Keeps the options' type inside one component and gives the list a common type. */
export function component<Options>(definition: Component<Options>): Component<Options> {
  return definition;
}
