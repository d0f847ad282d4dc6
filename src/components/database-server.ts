import type { DatabaseEngine } from '../django/facts.ts';
import type { Place } from './place.ts';

/** What only the database itself knows about a change of its tables. */
export type DatabaseServer<Options> = {
  readonly engine: DatabaseEngine;
  readonly locks: {
    /** Environment of Django's process in which a statement gives up that waits for a lock longer than so many seconds. */
    limit(seconds: number): Readonly<Record<string, string>>;
    /** The driver's error where it gave up. */
    readonly refused: RegExp;
    /** What shows who holds a lock; absent where nothing does. */
    readonly shownBy?: string;
  };
  /**
   * Present where only the server's administrator can make what migrations ask for: the command that makes an extension, where it is
   * installed. It runs as the component's user; exit 0 where the extension is there afterwards, else it says why on standard error.
   */
  extension?(options: Options, place: Place, name: string): readonly [string, ...string[]];
  /** The Debian package that such an extension comes in, where it is not in the server's own. */
  extensionPackage?(options: Options, name: string): string;
  /** Present where a failed migration is not undone by the database itself, because it cannot take back changes of tables. */
  snapshot?(options: Options, place: Place): Snapshot;
};

/** How a site's database is written down, and put back. */
export type Snapshot = {
  /** Writes the whole database as SQL to standard output, as the daemon's user; exit 0 only where it is whole. */
  readonly command: readonly [string, ...string[]];
  /** What a person types to put it back from a file. */
  restore(file: string): string;
};
