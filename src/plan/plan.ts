/** One thing that a site needs somewhere: `id` is `kind:name`. Two of one id are the same thing; they are equal where their `wanted` are. */
export type Item = { readonly kind: string; readonly id: string; readonly because: string; readonly wanted: unknown };

/** What was found for one thing: absent, or how it compares with its `wanted`, told for people. */
export type Observed =
  | { readonly id: string; readonly state: 'absent' }
  | { readonly id: string; readonly state: 'same' }
  | { readonly id: string; readonly state: 'different'; readonly how: string };

/** One step of a plan. `later`: it depends on the build before it and is decided then. */
export type Change<Kind extends string = string> = {
  readonly action: 'create' | 'update' | 'replace' | 'remove' | 'keep' | 'later';
  readonly id: string;
  readonly kind: Kind;
  /** For people: `PostgreSQL database boards`. */
  readonly title: string;
  readonly because: string;
  /** For update and replace: what differs. */
  readonly how?: string;
};

/** The ordered changes from what is observed to what the blueprint wants, each with its reason. */
export type Plan<Kind extends string = string> = {
  readonly site: string;
  readonly changes: readonly Change<Kind>[];
  /** Of the changes and what they were decided from: `apply` refuses where it has moved. */
  readonly fingerprint: string;
};

/** What planning has to know about one kind of thing. A target has a table of them. */
export type KindRules<I extends Item> = {
  /** What it is called in a plan: `Debian package git`. */
  readonly title: (item: I) => string;
  /** What of it goes into the plan's fingerprint; all of `wanted` unless given. Secrets stay out: a fingerprint travels. */
  readonly comparable?: (item: I) => unknown;
  /** Whether it can be made again and so may be taken away. Never what holds data or may be others' as well. */
  readonly isRemovable: boolean;
  /** Whether a difference makes a new one instead of changing the old. */
  readonly isReplaced?: boolean;
  /** Whether what stands behind it depends on it: while it is to change, that is decided later. */
  readonly isGround?: boolean;
};

/** The rules of every kind of a target's things. */
export type Kinds<I extends Item> = { readonly [K in I['kind']]: KindRules<Extract<I, { readonly kind: K }>> };

/** Something that only a built release can tell all about: it stands in a plan as 'later'. */
export type Later<Kind extends string = string> = Pick<Change<Kind>, 'kind' | 'id' | 'title' | 'because'>;

/** The rules of one thing's kind. */
export function rulesOf<I extends Item>(kinds: Kinds<I>, item: I): KindRules<I> {
  // The table has the rules of just this kind under its name.
  return kinds[item.kind as I['kind']] as unknown as KindRules<I>;
}
