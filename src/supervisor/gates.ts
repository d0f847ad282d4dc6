import { dependenciesOf, type Ordered } from './dependencies.ts';

/**
 * Services of a group that come in beside the process that serves: the others wait until all of these are ready, and stay as they are
 * where one does not become so. They change in the moment before the new ones take over, so that a worker of the old release
 * takes no job that the new one has sent.
 */
export class Gates {
  /** Whether all have opened; true where there are none. */
  readonly all: Promise<boolean>;
  readonly #ends = new Map<string, (open: boolean) => void>();
  readonly #concerned: ReadonlySet<string>;

  constructor(services: readonly Ordered[], names: readonly string[]) {
    this.all = Promise.all(names.map((name) => new Promise<boolean>((resolve) => this.#ends.set(name, resolve)))).then(
      (opened) => !opened.includes(false),
    );
    this.#concerned = withDependencies(services, names);
  }

  /** Whether a service is a gate, or is waited for by one: it goes ahead. */
  concern(name: string): boolean {
    return this.#concerned.has(name);
  }

  /** The new process is ready. Resolves when the services that waited for that have begun to change. */
  async open(name: string): Promise<void> {
    this.end(name, true);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** How it went; only the first word counts. */
  end(name: string, open: boolean): void {
    this.#ends.get(name)?.(open);
  }
}

function withDependencies(services: readonly Ordered[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  // A set tells what is added to it while it is walked.
  for (const name of found) for (const before of dependenciesOf(services, name)) found.add(before);
  return found;
}
