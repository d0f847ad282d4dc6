import type { ServiceSpec } from '../../services/service.ts';
import type { FileSpec, FolderSpec } from '../component.ts';
import type { Place } from '../place.ts';
import type { EdgePlace, EdgeSite } from './place.ts';
import type { SiteInput } from './site-input.ts';

/**
 * What a component that can be the edge says about that: what stands in front of all sites of a host. Its folders, files and
 * service belong to all sites together, and a site's own file needs its release.
 */
export type EdgeFacet = {
  /** The host's edge as seen from a site's place, with all sites that it serves. */
  place(place: Place, sites: readonly EdgeSite[], addresses?: EdgePlace['addresses']): EdgePlace;
  /** Parents first. */
  folders(place: EdgePlace): readonly FolderSpec[];
  /** The files that are not one site's. */
  files(place: EdgePlace): readonly FileSpec[];
  /** One site's file. It is in force once {@link EdgePaths.prepare} has accepted it and the service was told to reload. */
  siteFile(place: EdgePlace, input: SiteInput): FileSpec;
  /** In the group `edge`, by the component's name. `replace` is 'reload': its signal has it read all its files again. */
  service(place: EdgePlace): ServiceSpec;
  paths(place: Pick<EdgePlace, 'folder' | 'run'>): EdgePaths;
  /**
   * The command line of a process that takes new requests, where it differs from one that only ends its old ones after a reload;
   * undefined where both look alike, and the youngest is asked.
   */
  readonly workerTitle?: string;
  /** What visitors or the owner lose by it beside the usual edge: sentences without their first capital and last point, shown where it is chosen. */
  readonly shortcomings: readonly string[];
};

/** Absolute paths that whoever changes or watches the edge needs to know. */
export type EdgePaths = {
  /**
   * A shell script that has the edge check all of its files and puts those of the sites it accepts in force. Exit 0: all. 3: some sites
   * are left out, each with the program's words and the file's path on standard error. Else: it refuses everything.
   */
  readonly prepare: string;
  /** The file with the process id, where it runs. */
  readonly pid: string;
  /** A site's own file. */
  site(name: string): string;
};

/** A component that can be the edge. */
export type EdgeSoftware = { readonly name: string; readonly title: string; readonly edge: EdgeFacet };
