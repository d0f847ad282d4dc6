import type { Connection } from '../django/connection.ts';
import type { ServiceSpec, StopSpec } from '../services/service.ts';
import type { FileSpec, ReleaseView } from './component.ts';
import type { EdgePlace } from './edge/place.ts';
import type { SiteInput } from './edge/site-input.ts';
import type { Place } from './place.ts';

/**
 * How a component runs in containers. Places and releases are those inside of the containers: the same paths in all of them,
 * and in `place.secrets` references (`{{secret:NAME}}`) instead of values.
 */
export type ContainerFacet<Options> = {
  /** Services whose image others make. */
  services?(options: Options, place: Place): readonly ContainerSpec[];
  /** Where Django finds it; absent: as on a machine. */
  connections?(options: Options, place: Place): readonly Connection[];
  /**
   * How data of a live site comes in: commands for a shell in the exported folder. They read a file that somebody has brought.
   */
  bringData?(options: Options, place: Place): { readonly file: string; readonly commands: readonly string[] };
  /** Services that run the project's own image; absent: the same commands as on a machine. */
  releaseServices?(options: Options, place: Place, release: ReleaseView): readonly ServiceSpec[];
  /** Of what can be the edge. */
  readonly edge?: EdgeContainer;
};

/** How the edge runs: in an image of the site's own that has the edge's files and the static ones, made from one that others make. */
export type EdgeContainer = {
  /** All of its configuration; absolute paths in the container. */
  files(edge: EdgePlace, input: SiteInput): readonly Pick<FileSpec, 'path' | 'content'>[];
  runs(edge: EdgePlace): ContainerProgram & { readonly command: readonly [string, ...string[]] };
};

/** What runs in a container. */
type ContainerProgram = {
  /** With its tag: a major and a minor version, which get the distribution's fixes. */
  readonly image: string;
  /** Numeric `UID:GID`, of the image's own user. */
  readonly user: string;
  readonly command?: readonly [string, ...string[]];
  /** Folders in memory, with the mount's options: the rest of its file system is read-only. */
  readonly temporary: readonly string[];
  readonly health: Health;
  readonly stop: Pick<StopSpec, 'signal' | 'timeoutSeconds'>;
};

/** One container of an image that others make. It reaches the project's containers and nothing else. */
export type ContainerSpec = ContainerProgram & {
  /** The service's name, and the host name that others find it by. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the secrets that it reads below /run/secrets. */
  readonly secrets: readonly string[];
  /** What outlives the container, by the volume's name. */
  readonly volumes: readonly { readonly name: string; readonly path: string }[];
  /** Read-only files of ours in it. `name` is a path in the exported folder. */
  readonly files: readonly { readonly name: string; readonly path: string; readonly content: string }[];
};

/** How it is noticed that a container is well. No shell sees the command. */
export type Health = {
  readonly command: readonly [string, ...string[]];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** How long it may take until it is well for the first time. */
  readonly startSeconds: number;
};

/** Of what runs the project's own image with the commands that it has on a machine. */
export const asOnMachine = {} satisfies ContainerFacet<unknown>;

/** Where the secrets lie in a container. */
export const secretsFolder = '/run/secrets';

/** What stands for a secret until a container starts: `python/roadie_secrets.py` fills it in. */
export function secretReference(name: string): string {
  return `{{secret:${name}}}`;
}

/** The names of the secrets that a text refers to. */
export function secretsIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\{secret:([A-Za-z0-9_.-]+)\}\}/g)].map(([, name]) => name ?? '');
}
