import type { Blueprint } from '../blueprint/blueprint.ts';
import type { ReleaseRecord } from '../sites/record.ts';
import type { Place } from '../components/place.ts';
import type { Emit } from '../contract/events.ts';
import type { Connection } from '../django/connection.ts';
import type { Confiner } from '../machine/bounds/confiner.ts';
import type { ChosenPython } from './python.ts';

/** What a release is built from. The site's data services must be running: migrate talks to them. */
export type BuildInput = {
  readonly blueprint: Blueprint;
  readonly place: Place;
  readonly connections: readonly Connection[];
  readonly python: ChosenPython;
  /** Absolute path of the folder that `resolveSource` gave. */
  readonly sourceFolder: string;
  /** From `fingerprint(…)`, kept in the record. */
  readonly fingerprint: string;
  /** The release that is live, whose parts are used again where their inputs are equal. */
  readonly previous?: ReleaseRecord | undefined;
};

/** What a build needs of its surroundings. */
export type BuildSurroundings = {
  readonly job: string;
  readonly emit: Emit;
  readonly now: () => Date;
  /** Absolute path of the folder for tools (`layout.tools`). */
  readonly tools: string;
  /** Given to pip and uv beside the bare minimum: proxies, certificates, package indexes. Never secrets of the site. */
  readonly network: Readonly<Record<string, string>>;
  /** Absolute path of a log to write to, in a folder of root's; else one per release in the site's logs. */
  readonly log?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Confines what the build's user runs; absent without root. */
  readonly confiner?: Confiner | undefined;
};
