import type { BakeLimits } from '../../sites/record.ts';
import type { Answer } from './access-line.ts';

/** Requests that the application was asked. */
export type Requests = { readonly all: number; readonly failed: number };

/** What was usual before a switch: a site that failed before is not the new release's fault. */
export type Baseline = {
  readonly requests: Requests;
  /** By kind of request, the most frequent ones. What is none of them may always have failed. */
  readonly kinds: Readonly<Record<string, Requests>>;
  /** Paths that were answered to a GET, without failing the last time; the most visited first. */
  readonly pages: readonly string[];
  /** Those of them that several clients have asked for: what a program alone calls may not be a page at all. */
  readonly popular: readonly string[];
};

/** Of a site that nobody has visited: then nothing of it can be said to have become worse. */
export const nothingKnown: Baseline = { requests: { all: 0, failed: 0 }, kinds: {}, pages: [], popular: [] };

/** With fewer failures than this nothing is suspected: a scanner meets a 500 on any site. */
const fewest = 3;

/** Visitors alone decide only where there are so many of them, and so many kinds of requests. */
const enough = { clients: 3, kinds: 2, clientsOfAKind: 2 } as const;

const most = {
  requests: 500,
  ofAKind: 50,
  kinds: 300,
  kindLength: 200,
  pages: 100,
  popular: 10,
  clients: 50,
  suspects: 50,
} as const;

/** What was usual, from the requests before a switch, oldest first. */
export function baselineOf(answers: readonly Answer[]): Baseline {
  let requests: Requests = { all: 0, failed: 0 };
  const kinds = new Map<string, Requests>();
  const pages = new Map<string, { readonly works: boolean; visits: number; readonly clients: Set<string> }>();
  // From the newest on: what a release has done that was given up long ago no longer counts.
  for (const answer of answers.toReversed()) {
    if (answer.outcome === 'aborted' || answer.kind.length > most.kindLength) continue;
    if (requests.all < most.requests) requests = counted(requests, answer);
    const kind = kinds.get(answer.kind) ?? { all: 0, failed: 0 };
    if (kind.all < most.ofAKind) kinds.set(answer.kind, counted(kind, answer));
    if (!mayBeAsked(answer)) continue;
    const page = pages.get(answer.path) ?? { works: !answer.failed, visits: 0, clients: new Set() };
    pages.set(answer.path, page);
    page.visits += 1;
    if (page.clients.size < 2) page.clients.add(answer.client);
  }
  const well = [...pages].filter(([, { works }]) => works).toSorted(([, a], [, b]) => b.visits - a.visits);
  const popular = well.filter(([, { clients }]) => clients.size > 1);
  return {
    requests,
    kinds: Object.fromEntries([...kinds].toSorted(([, a], [, b]) => b.all - a.all).slice(0, most.kinds)),
    pages: pathsOf(well, most.pages),
    popular: pathsOf(popular, most.popular),
  };
}

function pathsOf(pages: readonly (readonly [path: string, unknown])[], count: number): readonly string[] {
  return pages.slice(0, count).map(([path]) => path);
}

/** What may be asked once more without a visitor: no address that is a key, and nothing that would have to be quoted. */
function mayBeAsked({ kind, path }: Answer): boolean {
  return (
    kind.startsWith('GET ') && !kind.includes(':id') && path.length <= 200 && /^\/[\w.~!$&'()*+,;=:@%/-]*$/.test(path)
  );
}

type KindTally = { all: number; failed: number; readonly asking: Set<string>; readonly failing: Set<string> };

/** Counts requests since a switch. It stays small whatever visitors ask for: of kinds, only those known before are kept. */
export class Tally {
  readonly #baseline: Baseline;
  readonly #kinds = new Map<string, KindTally>();
  readonly #suspects = new Map<string, string>();
  #requests: Requests = { all: 0, failed: 0 };

  constructor(baseline: Baseline) {
    this.#baseline = baseline;
  }

  get requests(): Requests {
    return this.#requests;
  }

  /** Paths that failed and were well before, or are of a kind that was, by their kind. */
  get suspects(): ReadonlyMap<string, string> {
    return this.#suspects;
  }

  add(answer: Answer): void {
    if (answer.outcome === 'aborted') return;
    this.#requests = counted(this.#requests, answer);
    if (!Object.hasOwn(this.#baseline.kinds, answer.kind)) return;
    const tally = this.#kinds.get(answer.kind) ?? { all: 0, failed: 0, asking: new Set(), failing: new Set() };
    this.#kinds.set(answer.kind, tally);
    tally.all += 1;
    if (tally.asking.size < most.clients) tally.asking.add(answer.client);
    if (!answer.failed) return;
    if (answer.kind.startsWith('GET ') && this.#suspects.size < most.suspects)
      this.#suspects.set(answer.path, answer.kind);
    // Without an answer it may have been the client's doing: that makes suspicious and proves nothing.
    if (answer.outcome === 'silent') return;
    tally.failed += 1;
    if (tally.failing.size < most.clients) tally.failing.add(answer.client);
  }

  /** The kinds that fail now for most of those who ask and did not before, without those in `cleared`; and who met it. */
  newlyFailing(
    limits: BakeLimits,
    cleared: ReadonlySet<string>,
  ): { readonly kinds: readonly string[]; readonly clients: number } {
    const kinds: string[] = [];
    const clients = new Set<string>();
    for (const [kind, tally] of this.#kinds) {
      const before = this.#baseline.kinds[kind];
      if (!before || before.all === before.failed || cleared.has(kind)) continue;
      if (tally.failing.size < enough.clientsOfAKind || tally.failing.size * 2 < tally.asking.size) continue;
      if (percent(tally) <= limitOf(before, limits)) continue;
      kinds.push(kind);
      for (const client of tally.failing) clients.add(client);
    }
    return { kinds, clients: clients.size };
  }
}

/** What visitors have met, where it is more than the limits allow; undefined where it is not. It makes suspicious, no more. */
export function suspicion(since: Requests, before: Requests, limits: BakeLimits): string | undefined {
  const share = percent(since);
  if (since.failed < fewest || share <= limitOf(before, limits)) return undefined;
  return `${since.failed} of ${since.all} requests failed since the switch (${share.toFixed(0)} %, before it ${percent(before).toFixed(0)} %)`;
}

/** What was found out by asking the application itself. */
export type Witness = {
  /** Pages that fail again and again, and do not where they are asked of the release before, or did not before. */
  readonly regressed: readonly string[];
  /** Kinds of which a page was answered well: what fails there fails through what visitors send. */
  readonly cleared: ReadonlySet<string>;
};

/** All that is known of a release since its switch. */
export type BakeSample = {
  readonly tally: Pick<Tally, 'requests' | 'newlyFailing'>;
  readonly before: Requests;
  readonly witness: Witness;
  /** Unwanted ends of the release's services that no single visitor can have caused, since the switch. */
  readonly crashes: number;
  /** How many there would have been in the same time before. */
  readonly usualCrashes: number;
};

/**
 * Whether to go back, and why; undefined to go on watching. What visitors meet is not enough: a visitor can have any site answer
 * 500 who knows one of its bugs. It counts where Roadie meets the same, or many of them meet it in several places.
 */
export function decideBake(sample: BakeSample, limits: BakeLimits): string | undefined {
  const { tally, before, witness, crashes, usualCrashes } = sample;
  if (crashes >= limits.crashes && crashes > usualCrashes * 2)
    return `its services ended unwantedly ${crashes} times since the switch`;
  if (witness.regressed.length > 0) {
    const own = `Roadie's own requests failed since the switch: ${witness.regressed.join(', ')}`;
    return suspicion(tally.requests, before, limits) ?? own;
  }
  const { kinds, clients } = tally.newlyFailing(limits, witness.cleared);
  if (kinds.length < enough.kinds || clients < enough.clients) return undefined;
  return `requests failed since the switch that did not before: ${kinds.slice(0, 3).join(', ')}, for ${clients} visitors`;
}

function counted({ all, failed }: Requests, answer: Pick<Answer, 'failed'>): Requests {
  return { all: all + 1, failed: failed + (answer.failed ? 1 : 0) };
}

/** Twice what it was before: noise of a site that has always had its errors does not send a release back. */
function limitOf(before: Requests, limits: BakeLimits): number {
  return Math.max(limits.errorPercent, percent(before) * 2);
}

function percent({ all, failed }: Requests): number {
  return all === 0 ? 0 : (failed / all) * 100;
}
