import type { Blueprint } from '../../blueprint/blueprint.ts';
import type { ReleaseView } from '../../components/component.ts';
import type { Place } from '../../components/place.ts';
import type { Override } from '../../django/facts.ts';
import type { KeptPath } from '../../django/kept-paths.ts';

/** Everything that an exported folder is made from. Nothing in it is secret: what is, is referred to. */
export type ComposeInput = {
  readonly blueprint: Blueprint;
  /** Inside of the containers. */
  readonly place: Place;
  readonly release: ReleaseView;
  readonly overrides: readonly Override[];
  /** What pip is told, from the project's folder; `@NAME` is a file of `generated`. */
  readonly install: {
    readonly arguments: readonly string[];
    readonly generated: Readonly<Record<string, string>>;
    /** Files of the project that it reads. */
    readonly inputs: Readonly<Record<string, string>>;
    /** Whether it refers to the project's own folder. */
    readonly local: boolean;
  };
  /** What of its code the project writes; each is a link into the site's data. */
  readonly kept: readonly KeptLink[];
  /** The owner's own files in the code. None of them is in an image. */
  readonly own: readonly OwnSecret[];
  /** Where Celery's applications are led that name a broker themselves; undefined where they are not. */
  readonly celeryUrl?: string | undefined;
  /** Hashes of the fixtures that the live site has loaded. */
  readonly fixtures: readonly string[];
  /** Roadie's files for the virtualenv, by name. */
  readonly python: Readonly<Record<string, string>>;
};

/** A path in the code, relative to it, and the absolute path below the site's data that it leads to in the containers. */
export type KeptLink = Pick<KeptPath, 'path' | 'kind'> & { readonly target: string };

/** A file of the owner's own: its path in the code, and the secret that is mounted there. */
export type OwnSecret = { readonly path: string; readonly secret: string };

/** A file of the exported folder; its path is relative to that. */
export type ExportedFile = { readonly path: string; readonly content: string };
