/** What is remembered from look to look: the kernel's counts, and for how many looks a site has had too many processes. */
export type Crowd = { readonly killed: number; readonly forks: number; readonly looks: number };

/** What a look at a site has found. */
export type Count = {
  /** Processes that the kernel has ended for want of memory, ever. */
  readonly killed: number;
  /** Forks that it has refused, ever. */
  readonly forks: number;
  /** Processes now, and how many there may be. */
  readonly processes: number;
  readonly most: number;
  /** Processes more than a moment ago, a fifth of a second. */
  readonly grown: number;
};

export type CrowdVerdict = {
  readonly state: Crowd;
  /** How many processes were ended for want of memory since the last look. */
  readonly killed: number;
  /** Forks were refused since the last look, for the first time in a row. */
  readonly full: boolean;
  /** Forks are refused, or soon will be as it grows: others come first at the processor. */
  readonly crowded: boolean;
  /** It stays full: what has most processes is to be ended. */
  readonly end: boolean;
};

/** Looks in a row at a site that is full, before its largest service is ended: a rush of work is over by then. */
const patience = 12;

/** A site that starts this share of its processes between two looks is on its way to fill up: no program starts so many at once. */
export const rushShare = 0.15;

/** From this share of its processes on a site counts as full, if forks are refused. */
export const fullShare = 0.9;

/** Weighs a site against its limits. Without a state before it, what was counted earlier is no news. */
export function judgeCrowd(before: Crowd | undefined, { killed, forks, processes, most, grown }: Count): CrowdVerdict {
  if (!before) return { state: { killed, forks, looks: 0 }, killed: 0, full: false, crowded: false, end: false };
  const isFull = processes >= most * fullShare && (forks > before.forks || before.looks > 0);
  const looks = isFull ? before.looks + 1 : 0;
  const end = isFull && looks % patience === 0;
  return {
    state: { killed, forks, looks },
    killed: Math.max(0, killed - before.killed),
    full: isFull && before.looks === 0,
    crowded: isFull || grown >= most * rushShare,
    end,
  };
}
