/** An operation that changes something, as the turns know it. */
export type TurnTaker = {
  readonly id: string;
  /** The site that it works on, once that is known: one at a time for each site. */
  site?: string | undefined;
  /** It touches what is every site's: nothing else is at work meanwhile. */
  readonly alone: boolean;
};

/** What only some may have at a time: the machine's shared parts (one), or memory for a build (as many as fit). */
export type Turn = 'machine' | 'build';

type Claim = {
  readonly taker: TurnTaker;
  readonly wants: 'start' | Turn;
  readonly bytes: number;
  readonly grant: () => void;
};

/** So much must really be free before a build begins beside another. Bytes. */
const leastFree = 512 * 1024 * 1024;

/**
 * Who is at work, and who waits. Operations of one site run one after the other, those of different sites side by side; yet
 * only one at a time changes what sites share (packages, users, ports, the edge), and only so many build as the machine has memory
 * for, one at least. Whoever has begun comes before whoever has not; else it goes by the order of asking.
 */
export class Turns {
  readonly #memory: () => { readonly total: number; readonly free: number };
  /** What those that have begun hold: a turn, and for a build its memory. */
  readonly #begun = new Map<TurnTaker, { readonly turn: Turn; readonly bytes: number } | undefined>();
  #claims: readonly Claim[] = [];

  /** `memory`: of the machine, in bytes. */
  constructor(memory: () => { readonly total: number; readonly free: number }) {
    this.#memory = memory;
  }

  /** Resolves when the operation may begin: it holds the machine's turn then. */
  begin(taker: TurnTaker): Promise<void> {
    return this.#claim({ taker, wants: 'start', bytes: 0 });
  }

  /** Gives up the turn that is held for another. `bytes`: what a build may use at most. Resolves when that one is held. */
  change(taker: TurnTaker, turn: Turn, bytes = 0): Promise<void> {
    this.#begun.set(taker, undefined);
    return this.#claim({ taker, wants: turn, bytes });
  }

  /**
   * Says which site an operation that has begun turns out to work on. Where another one is at work on it, this one is as if it had
   * not begun, and resolves when it may.
   */
  async named(taker: TurnTaker, site: string): Promise<void> {
    const other = this.atWorkOn(site, taker);
    taker.site = site;
    if (!other) return;
    this.#begun.delete(taker);
    await this.#claim({ taker, wants: 'start', bytes: 0 });
  }

  /** Who else is at work on a site. */
  atWorkOn(site: string, except?: TurnTaker): TurnTaker | undefined {
    return [...this.#begun.keys()].find((one) => one !== except && one.site === site);
  }

  /** Gives up all that it holds and waits for. */
  end(taker: TurnTaker): void {
    this.#begun.delete(taker);
    this.#claims = this.#claims.filter((claim) => claim.taker !== taker);
    this.#settle();
  }

  #claim(claim: Omit<Claim, 'grant'>): Promise<void> {
    return new Promise((resolve) => {
      this.#claims = [...this.#claims, { ...claim, grant: resolve }];
      this.#settle();
    });
  }

  #settle(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const granted = next;
      this.#claims = this.#claims.filter((claim) => claim !== granted);
      const { taker, wants, bytes, grant } = granted;
      this.#begun.set(taker, { turn: wants === 'build' ? 'build' : 'machine', bytes });
      grant();
    }
  }

  /** The claim that can be granted now. */
  #next(): Claim | undefined {
    const isFree = [...this.#begun.values()].every((held) => held?.turn !== 'machine');
    const back = isFree ? this.#claims.find(({ wants }) => wants === 'machine') : undefined;
    const build = this.#claims.find(({ wants }) => wants === 'build');
    if (back) return back;
    if (build && this.#fits(build.bytes)) return build;
    for (const claim of this.#claims) {
      if (claim.wants !== 'start') continue;
      const { site, alone } = claim.taker;
      if (alone) return this.#begun.size === 0 ? claim : undefined;
      if (isFree && (site === undefined || !this.atWorkOn(site))) return claim;
    }
    return undefined;
  }

  #fits(bytes: number): boolean {
    const builds = [...this.#begun.values()].filter((held) => held?.turn === 'build');
    if (builds.length === 0) return true;
    const { total, free } = this.#memory();
    const used = builds.reduce((sum, held) => sum + (held?.bytes ?? 0), 0);
    return used + bytes <= total && free >= Math.min(bytes, leastFree);
  }
}
